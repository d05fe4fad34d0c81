/** The three buttons. `a`: back or older. `b`: open, acknowledge or choose. `c`: next or newer. */
export type Button = "a" | "b" | "c";
