// Package device lets a shift be worked on a phone without a network: it lends a device what it needs for a shift, takes in what waited in its
// sealed outbox, and knows which devices have not been heard from.
//
// # What waits
//
// A form that the network did not take is sealed on the device to the server's public key (HPKE, RFC 9180, base mode: DHKEM(P-256),
// HKDF-SHA256, AES-256-GCM; P-256 because every browser of a house tablet has it). Nobody at the device can read that again. A copy for
// its author is sealed beside it as drafts are: it shows them, and nobody else, what waits. The sealed item needs no session to be kept and
// outlives sign-out; any later session may carry it to POST /outbox, which answers per item whether the server has it now, and never what
// it says.
//
// # Whose it is
//
// When a person signs in, the device is lent a grant: who, on which device, on which unit, from when until when, and a secret that the
// server keeps too. Inside the sealed text stands an HMAC under a key made of that secret. So the author of an item is its grant's person,
// whoever carries it; another person at the same device cannot write in the first one's name, and an item of an unknown or changed grant is
// set apart, here for a supervisor and on the device for its author, who may still have the copy. Whether
// the author might say it is judged by when it Happened, by the same admission as everything else.
//
// # When it was
//
// A device's clock may be hours wrong, and may be put right in mid-shift. The device measures it against the server whenever they speak and
// seals the last measurement with the item; the server measures when it lends the grant and at every delivery. See Correction.
//
// # What lies on the device
//
// The pages of the shift and unfinished writing are kept encrypted (AES-256-GCM) under keys made of the grant's secret. The keys are held,
// not extractable, in the memory of the open page and of the service worker, and nowhere on disk: closing the browser, a lost battery or
// signing out leaves ciphertext. To come back without a network the secret is also kept wrapped under a key that PBKDF2 (SHA-256, 600,000
// rounds, own salt) makes of the words with which the person signed in, or of a code chosen when the shift was taken. Argued against the
// other ways: a key in sessionStorage or an IndexedDB key marked not extractable lies readable in the browser's files, and anyone at the
// device could use it; Argon2 is not in browsers; a short PIN of its own would be one more thing to remember at three in the morning and
// falls to guessing in minutes once a phone is stolen and its storage unlocked, while a password of the house's length does not. The price:
// such a thief may try passwords at the speed of PBKDF2. So the wrapped secret is destroyed at sign-out, at the grant's end, and after ten
// wrong tries; what was sealed to the server outlives all of that.
//
// # Several people, one tablet
//
// A screen locks after nobody has touched it for as long as the house allows, or at a touch; what it showed leaves the page, the keys leave
// the memory, and the server's session is locked with it. Whoever has signed in fully on a device may set a PIN or a badge there, good until
// the end of their shift and some hours, at most as long as a session may last. With it they come back, or take the device over from a
// colleague, whose session stays locked beside theirs. Such a session is a quick one: what signs or gives access asks for a full factor.
//
// With a network the server judges the code (argon2id; a try is counted before it is judged; five wrong ones end it for that person there).
// Without one the code opens what was lent to its person: sealed under PBKDF2 of the code and, by HKDF, a secret of this device that the server
// derives and lends, and that is held, not extractable, in memory alone. Who has the disk therefore cannot try codes at all, few as they are;
// who has the device awake, its browser open and its screen locked, has five tries a person through the page, and, if they can run programs
// of their own in that page, a million at the speed of PBKDF2. A browser that was closed forgets the secret: then it is the password, or the
// network.
//
// After a change without a network the browser still has the session of the person before. Nothing goes to the server under it: the service
// worker holds every request back until it has proved, by the secret that was lent to who holds the device and that their code opened, who
// that is (POST /device/resume), and the session before is locked. A page says whose it is with every entry, so that another tab, left open
// by a colleague, files nothing under a name that is not its writer's.
//
// Grants end when their person signs out, when their session is ended from elsewhere, when they work here no more, and with their shift. The
// device asks at every contact, and forgets what is over: keys, pages, codes. What waits to be sent is never forgotten.
//
// What stays in the clear: public static files, random ids, times of expiry, how many items wait, and, unless the house keeps names off its
// locked screens, the given names and roles of those who may come back quickly or whose entries wait.
package device
