// Runs before the page is drawn, so that a person who chose the night or hid the names never sees a flash of the other.
import { recall } from "./choices";

const root = document.documentElement;
const theme = recall("theme");
if (theme === "light" || theme === "dark") root.dataset.theme = theme;
if (recall("private") === "yes") root.dataset.private = "";
