/** Logs in programs that show a name and a password: over HTTP as Basic, or with a mail. A token may stand in the place of either. */
import type { Account, Accounts } from "./accounts.ts";
import type { Origin } from "./client-address.ts";
import type { LoginGuard } from "./login-guard.ts";

export interface SenderLogin {
  readonly account: Account;
  /** Whether the token, or the password, is still worth something. */
  isValid(): boolean;
}

/** `wrong` and `held` as `LoginGuard.logIn`. Rejects as it does. */
export async function logInSender(
  accounts: Accounts,
  guard: LoginGuard,
  { name, password }: { readonly name: string; readonly password: string },
  { address, isHere }: Origin,
): Promise<SenderLogin | "wrong" | "held"> {
  for (const token of [password, name]) {
    const account = accounts.verifyToken(token, isHere);
    if (account) return { account, isValid: () => accounts.verifyToken(token, isHere) !== undefined };
  }
  const account = await guard.logIn(name, password, address);
  if (typeof account === "string") return account;
  const credential = accounts.credentialOf(name);
  return { account, isValid: () => credential !== undefined && accounts.credentialOf(name) === credential };
}
