/** `npm run deploy -- <board> [name=value …]`: builds for a board and flashes it. `UPLOAD_PORT` chooses the port. */
import { Refusal, runCommand } from "../../moddable/tools/command.ts";
import { findSdk, settingArguments } from "../../moddable/tools/sdk.ts";
import { boardArgument, buildBoard, missingToolchain } from "./boards.ts";

await runCommand(async ([name, ...rest]) => {
  const board = boardArgument(name);
  const settings = settingArguments(rest);
  const sdk = findSdk();
  const missing = missingToolchain();
  if (missing !== undefined)
    throw new Refusal(`The ESP32 toolchain is missing (${missing}). To get it: npx xs-dev setup -d esp32`);
  await buildBoard(sdk, board, settings, { flash: true });
  return 0;
});
