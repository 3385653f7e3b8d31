// What every page runs. The order matters in one place: words and time come first, because everything after them speaks or counts.

import { startBoard } from "./board";
import { startChrome } from "./chrome";
import { startDrafts } from "./drafts";
import { startFaults } from "./faults";
import { startForms } from "./forms";
import { startLive } from "./live";
import { startNet } from "./net";
import { startPhone } from "./phone";
import { connect, onTick } from "./parts";
import { startRows } from "./rows";
import { startScan } from "./scan";
import { startSignatures } from "./signature";
import { startSwap } from "./swap";
import { startTimers } from "./timer";
import { startTime, tick } from "./time";
import { readWords } from "./words";

readWords();
onTick(() => tick());
startRows();
startTime();
startNet();
startPhone();
startForms();
startFaults();
startDrafts();
startChrome();
startSwap();
startScan();
startSignatures();
startTimers();
connect(document);
startLive();
startBoard();
document.querySelector<HTMLElement>("[data-focus]")?.focus();
