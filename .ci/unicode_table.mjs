// Writes reconciler/core/invisible.py from the Unicode tables that Node.js has built in:
//   node .ci/unicode_table.mjs > reconciler/core/invisible.py
// tests/core/test_text.py holds the result against the tables of the Python that runs it.

const TABLES = {
  DEFAULT_IGNORABLE: /^\p{Default_Ignorable_Code_Point}$/u,
  FORMAT: /^\p{General_Category=Format}$/u,
  EMOJI: /^\p{Emoji}$/u,
};
const LAST = 0x10ffff;

function ranges(property) {
  const found = [];
  for (let code = 0; code <= LAST; code++) {
    if (!property.test(String.fromCodePoint(code))) continue;
    const open = found.at(-1);
    if (open && open[1] === code - 1) open[1] = code;
    else found.push([code, code]);
  }
  return found;
}

const hex = (code) => code.toString(16).toUpperCase().padStart(4, "0");

function table(name, property) {
  const words = ranges(property).map(([first, last]) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`));
  const lines = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < 90) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  const texts = lines.map((line, index) => `    "${line}${index < lines.length - 1 ? " " : ""}"`);
  return [`${name} = (`, ...texts, ")"].join("\n");
}

const source = `Unicode ${process.versions.unicode}, as Node.js ${process.versions.node} has it`;
console.log(`"""Which code points do not show, and which are emoji: ${source}; made by .ci/unicode_table.mjs."""\n`);
console.log(Object.entries(TABLES).map(([name, property]) => table(name, property)).join("\n"));
