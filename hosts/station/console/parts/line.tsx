import { useState } from "preact/hooks";

/** A line to copy. */
export function Line({ label, text }: { readonly label: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  // A page that came by plain http from another machine has no clipboard.
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <div class="line">
      <span class="line-label">{label}</span>
      <code data-line={label}>{text}</code>
      {navigator.clipboard && (
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${label}`}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      )}
    </div>
  );
}
