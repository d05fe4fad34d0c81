/** How the user has called a command of this name, for texts of usage: `npm start --`, `npm run push --`, or `fieldpager push`. */
export function called(command: string): string {
  if (process.env.npm_lifecycle_event !== command) return `fieldpager ${command}`;
  return command === "start" ? "npm start --" : `npm run ${command} --`;
}
