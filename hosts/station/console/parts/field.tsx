interface Props {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly type?: "text" | "url";
  readonly required?: boolean;
  readonly maxLength: number;
  /** id of a list of completions. */
  readonly list?: string;
  /** A name for machines. The browser must not correct its spelling. */
  readonly isName?: boolean;
}

/** One line of a form with its label. */
export function Field({ id, label, hint, value, onValue, type = "text", isName = false, ...rest }: Props) {
  return (
    <>
      <label for={id}>
        {label} {hint !== undefined && <span class="hint">{hint}</span>}
      </label>
      <input
        id={id}
        name={id.slice(id.indexOf("-") + 1)}
        type={type}
        autocomplete="off"
        autocapitalize={isName ? "none" : "sentences"}
        spellcheck={!isName}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...rest}
      />
    </>
  );
}

/** An error. Screen readers read it out as soon as it appears. */
export function Problem({ text }: { readonly text: string | undefined }) {
  return (
    <p class="outcome wrong" role="alert">
      {text}
    </p>
  );
}
