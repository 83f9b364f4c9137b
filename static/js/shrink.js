// A photo that is far too large is made smaller before it travels; text on it stays legible (4000 pixels are A4 at 340 dpi).
const LONGEST = 4000; // pixels
const QUALITY = 0.88;
const LARGE = 8 * 1024 * 1024; // bytes
const PHOTO = /\.(jpe?g|png)$/i;

// The smaller file, or the same one if there is no need or no way.
export default async function shrink(file, most) {
  if (!PHOTO.test(file.name) || (file.size <= LARGE && file.size <= most)) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.png$/i, ".jpg"), { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file;
  }
}
