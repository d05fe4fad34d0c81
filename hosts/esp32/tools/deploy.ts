/**
 * `npm run deploy -- <board> [name=value …]`: builds for a board, flashes it, and writes the settings to it. They are no part of the
 * image. `UPLOAD_PORT` chooses the port.
 */
import { Refusal, runCommand } from "../../moddable/tools/command.ts";
import { findSdk, settingArguments } from "../../moddable/tools/sdk.ts";
import { boardArgument, buildBoard, flashSetup, missingToolchain } from "./boards.ts";
import { setupImage, splitSettings } from "./setup-image.ts";

await runCommand(async ([name, ...rest]) => {
  const board = boardArgument(name);
  const { builtIn, kept } = splitSettings(settingArguments(rest));
  const sdk = findSdk();
  const missing = missingToolchain();
  if (missing !== undefined)
    throw new Refusal(`The ESP32 toolchain is missing (${missing}). To get it: npx xs-dev setup -d esp32`);
  await buildBoard(sdk, board, builtIn, { flash: true });
  if (Object.keys(kept).length > 0) await flashSetup(setupImage(kept));
  return 0;
});
