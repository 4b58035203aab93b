// Compiles each schema named on the command line with ajv in its strict mode, without any plug-in,
// and says what is not taken. Packages come from the folder that is named first.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [packages, ...files] = process.argv.slice(2);
const Ajv = createRequire(`${packages}/`)("ajv/dist/2020").default;
const manifest = JSON.parse(readFileSync(0, "utf8") || "null");
for (const file of files) {
  try {
    const validate = new Ajv({ strict: true }).compile(JSON.parse(readFileSync(file, "utf8")));
    if (manifest && !manifest.every((one) => validate(one))) {
      console.log(`${file}: ${JSON.stringify(validate.errors)}`);
    }
  } catch (error) {
    console.log(`${file}: ${error.message}`);
  }
}
