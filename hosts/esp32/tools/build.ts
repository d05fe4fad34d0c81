/** `npm run build:esp32 -- <board> [name=value …]`: builds for a board, with settings built in that are no secrets. */
import { runCommand } from "../../moddable/tools/command.ts";
import { findSdk, settingArguments } from "../../moddable/tools/sdk.ts";
import { boardArgument, buildBoard, linkByteCode, missingToolchain } from "./boards.ts";
import { refuseSecrets } from "./setup-image.ts";

await runCommand(async ([name, ...rest]) => {
  const board = boardArgument(name);
  const settings = settingArguments(rest);
  refuseSecrets(settings);
  const sdk = findSdk();
  const missing = missingToolchain();
  if (missing === undefined) {
    await buildBoard(sdk, board, settings, { flash: false });
    process.stdout.write(`${board}: built\n`);
  } else {
    await linkByteCode(sdk, board, settings);
    process.stdout.write(
      `${board}: built up to the link of the byte code, no further: the ESP32 toolchain is missing (${missing}). To get it: npx xs-dev setup -d esp32\n`,
    );
  }
  return 0;
});
