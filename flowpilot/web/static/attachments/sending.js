// Sends one file to the server, as every field for files does.

const PATH = "/api/v1/attachments";

// A key that no other upload has. crypto.randomUUID exists on secure pages only.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a file. `answered` is what the server made of it, or an error whose message a person can read; empty if it was stopped.
 * @param {File} file @param {(share: number) => void} onProgress how much of it has gone
 * @returns {{answered: Promise<any>, stop: () => void}}
 */
export function send(file, onProgress) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("file", file, file.name);
  request.open("POST", PATH);
  request.setRequestHeader("Idempotency-Key", newKey());
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  const answered = new Promise((resolve, reject) => {
    request.onload = () => {
      if (request.status === 201) resolve(request.response);
      else reject(new Error(request.response?.errors?.[0]?.message ?? request.response?.detail ?? "It could not be sent."));
    };
    request.onerror = () => reject(new Error("The server cannot be reached. Try again."));
    request.onabort = () => reject(new Error(""));
  });
  request.send(form);
  return { answered, stop: () => request.abort() };
}
