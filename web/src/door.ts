// What pages run besides where people show who they are: passkeys, the locked screen, and setting the code for it. It shares nothing in memory with the page's own
// script; both speak to the service worker.

import { startLockScreen } from "./lockscreen";
import { connect } from "./parts";
import { startPasskeys } from "./passkey";
import { startQuickForms } from "./quickform";
import { startSecrets } from "./secret";
import { readWords } from "./words";

readWords();
startLockScreen();
startQuickForms();
startSecrets();
startPasskeys();
connect(document);
