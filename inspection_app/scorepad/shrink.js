/**
 * Makes a photo small before it travels: the picture upright, its long edge and its bytes bounded, a thumbnail, its time.
 *
 * The browser decodes, shrinks and packs beside the main thread where it can (createImageBitmap, OffscreenCanvas).
 * What this browser cannot decode is left to the hub. Nothing is stored or sent here.
 */

export const LIMITS = { side: 2000, bytes: 400_000, thumbnail: 320, file: 8 * 1024 * 1024, head: 256 * 1024 };
const QUALITIES = [0.85, 0.75, 0.65, 0.55, 0.45, 0.35];
const [EXIF, TAKEN] = [0x8769, 0x9003];

function fitted(picture, side) {
  const factor = Math.min(1, side / Math.max(picture.width, picture.height));
  return [Math.max(1, Math.round(picture.width * factor)), Math.max(1, Math.round(picture.height * factor))];
}

/** Draw a picture at this size; transparent parts become white. */
async function drawn(picture, [width, height]) {
  let small = picture;
  try {
    small = await createImageBitmap(picture, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
  } catch {
    // an older browser shrinks while it draws
  }
  const canvas = typeof OffscreenCanvas === "undefined"
    ? Object.assign(document.createElement("canvas"), { width, height }) : new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { alpha: false });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, 0, 0, width, height);
  if (small !== picture) small.close();
  return canvas;
}

function packed(canvas, quality) {
  const type = "image/jpeg";
  if (canvas.convertToBlob) return canvas.convertToBlob({ type, quality });
  return new Promise((done) => canvas.toBlob(done, type, quality));
}

/** Return a photo's own time as it is written in it (2026:05:12 10:20:30); empty where it says none. */
export function takenOf(buffer) {
  try {
    const view = new DataView(buffer);
    if (view.getUint16(0) !== 0xffd8) return "";
    for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === 0x45786966) return timeIn(view, at + 10);
    }
  } catch {
    // cut short, or not what it says: a photo without its time is a photo all the same
  }
  return "";
}

function timeIn(view, start) {
  const little = view.getUint16(start) === 0x4949;
  const field = (table, tag) => {
    const count = view.getUint16(table, little);
    for (let at = table + 2; at < table + 2 + 12 * count; at += 12) {
      if (view.getUint16(at, little) === tag) return view.getUint32(at + 8, little);
    }
    return 0;
  };
  const inner = field(start + view.getUint32(start + 4, little), EXIF);
  const text = inner && field(start + inner, TAKEN);
  return text ? String.fromCharCode(...new Uint8Array(view.buffer, start + text, 19)) : "";
}

/**
 * Make a chosen file ready to be sent: {blob, thumbnail, taken, name}; the thumbnail is null where there is no picture.
 */
export const shrink = async (file) => {
  const taken = takenOf(await file.slice(0, LIMITS.head).arrayBuffer());
  let picture = null;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return { blob: file, thumbnail: null, taken, name: file.name }; // a PDF, or a photo of a kind that the hub may know
  }
  let canvas = null;
  let blob = null;
  for (let side = LIMITS.side; !blob || blob.size > LIMITS.bytes; side *= 0.75) { // what is nothing but detail gets smaller still
    canvas = await drawn(picture, fitted(picture, side));
    for (const quality of QUALITIES) {
      blob = await packed(canvas, quality);
      if (blob.size <= LIMITS.bytes) break;
    }
  }
  picture.close();
  const thumbnail = await packed(await drawn(canvas, fitted(canvas, LIMITS.thumbnail)), 0.7);
  return { blob, thumbnail, taken, name: file.name };
};
