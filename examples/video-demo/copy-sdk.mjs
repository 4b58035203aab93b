// Puts the vendor's SDK, as npm installed and checked it, where the page can load it.
import {copyFileSync, mkdirSync} from "node:fs";

mkdirSync("page/vendor", {recursive: true});
copyFileSync("node_modules/@signalwire/js/dist/index.umd.js", "page/vendor/signalwire.js");
