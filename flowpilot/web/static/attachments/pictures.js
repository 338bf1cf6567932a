// Makes large pictures smaller before they are sent: nobody needs 12 million pixels to read an error message.

const LONGEST = 2000;
const KEPT = new Set(["image/png", "image/jpeg", "image/webp"]);

// The size that a picture of this size is drawn in; null if it is small enough.
export function smaller(width, height, longest = LONGEST) {
  const share = longest / Math.max(width, height);
  return share >= 1 ? null : { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

export async function shrunk(file) {
  if (!KEPT.has(file.type) || !window.createImageBitmap) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // The server says what is wrong with it.
  }
  const size = smaller(bitmap.width, bitmap.height);
  if (!size) return file;
  const canvas = Object.assign(document.createElement("canvas"), size);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, size.width, size.height);
  bitmap.close();
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, file.type, 0.88); });
  return blob && blob.size < file.size ? new File([blob], file.name, { type: blob.type }) : file;
}
