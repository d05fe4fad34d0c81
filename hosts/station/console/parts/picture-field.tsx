import { useRef, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { PICTURE_FETCH_BYTES_MAX, PUSH_ADDRESS_CHARACTERS_MAX } from "../../shared/limits.ts";
import { UPLOAD_TYPES } from "../../shared/picture.ts";
import { uploadPicture } from "../model/station-client.ts";
import { Field, Problem } from "./field.tsx";

interface Props {
  /** Address of the picture, or empty. */
  readonly value: string;
  readonly onValue: (address: string) => void;
  /** The picture that was uploaded, if that is the one. */
  readonly uploaded: string;
  readonly onUploaded: (address: string) => void;
  readonly upload: Upload;
}

/** What `useUpload` gives. */
interface Upload {
  readonly isUploading: boolean;
  readonly problem: string | undefined;
  /** Uploads the first one of these files. Returns whether there is one. */
  readonly take: (files: FileList | null | undefined) => boolean;
}

/** A picture from this computer, which goes to the station at once, or the address of one. */
export function PictureField({ value, onValue, uploaded, onUploaded, upload }: Props) {
  const file = useRef<HTMLInputElement>(null);
  const { isUploading, problem, take } = upload;
  return (
    <div class="picture-field">
      <label for="push-file">
        Picture <span class="hint">choose, paste or drop one here</span>
      </label>
      <input
        id="push-file"
        name="file"
        ref={file}
        type="file"
        accept={UPLOAD_TYPES.join()}
        disabled={isUploading}
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          // The same file may be chosen once more.
          currentTarget.value = "";
        }}
      />
      {uploaded === "" ? (
        <Field
          id="push-picture"
          label="or its address"
          hint="https://…"
          value={value}
          onValue={onValue}
          type="url"
          maxLength={PUSH_ADDRESS_CHARACTERS_MAX}
        />
      ) : (
        <p class="uploaded">
          A picture of this computer.{" "}
          <button
            type="button"
            class="quiet"
            onClick={() => {
              onUploaded("");
              file.current?.focus();
            }}
          >
            Remove it
          </button>
        </p>
      )}
      {isUploading && <p role="status">Uploading…</p>}
      {problem !== undefined && <Problem text={problem} />}
    </div>
  );
}

/** Uploads pictures, one at a time, also those that are pasted or dropped. */
export function useUpload(onUploaded: (address: string) => void): Upload {
  const [isUploading, setUploading] = useState(false);
  const [problem, setProblem] = useState<string>();
  const send = async (file: File) => {
    setUploading(true);
    try {
      onUploaded(await uploadPicture(file));
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setUploading(false);
    }
  };
  const take = (files: FileList | null | undefined) => {
    const [file] = files ?? [];
    if (!file || isUploading) return file !== undefined;
    const refusal = whyNot(file);
    setProblem(refusal);
    if (refusal === undefined) void send(file);
    return true;
  };
  return { isUploading, problem, take };
}

/** The station refuses it too. Here nothing is sent for that. */
function whyNot({ type, size }: File): string | undefined {
  if (!UPLOAD_TYPES.some((each) => each === type)) return "Pictures are JPEG, PNG, WebP or GIF.";
  if (size > PICTURE_FETCH_BYTES_MAX) return `A picture has at most ${PICTURE_FETCH_BYTES_MAX / 1_048_576} MB.`;
  return undefined;
}
