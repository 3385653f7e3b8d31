// A camera that looks at a card with a Code 128 on it: the code's bars, a video file of them for the browser's pretended camera, and a reader
// that stands in for the BarcodeDetector that browsers on Linux lack. The reader sees what the page's own video shows, pixel by pixel.

// Bar and gap widths of each symbol, by its value; 103 to 105 begin a code, 106 ends it. ISO/IEC 15417.
const symbols = ("212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 " +
  "223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 " +
  "132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 " +
  "312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 " +
  "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 " +
  "411311 113141 114131 311141 411131 211412 211214 211232 2331112").split(" ");
const begin = 104; // code set B: every printable character
const end = 106;

/** The widths of a text's bars and gaps, in modules, the first a bar. */
export function bars(text) {
  const values = [...text].map((letter) => letter.charCodeAt(0) - 32);
  const check = values.reduce((sum, value, at) => sum + value * (at + 1), begin) % 103;
  return [begin, ...values, check, end].map((value) => symbols[value]).join("");
}

/** A second of video of a card with the code on it, as YUV4MPEG2. */
export function video(text, width = 640, height = 360, module = 4) {
  const widths = [...bars(text)].map(Number);
  const wide = widths.reduce((a, b) => a + b, 0) * module;
  if (wide + 20 * module > width) throw new Error(`${text} is too long for a picture of ${width}`);
  const line = Buffer.alloc(width, 235);
  let at = Math.floor((width - wide) / 2);
  widths.forEach((one, i) => { if (i % 2 === 0) line.fill(16, at, at + one * module); at += one * module; });
  const bright = Buffer.alloc(width, 235);
  const luma = Buffer.concat(Array.from({ length: height }, (_, y) => (y > height / 4 && y < (height * 3) / 4 ? line : bright)));
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420\n`), ...Array(10).fill(frame)]);
}

/** For page.addInitScript: gives the page a BarcodeDetector that reads one line of what the video shows. */
export const detector = [({ symbols, begin, end }) => {
  window.BarcodeDetector = class {
    constructor({ formats }) { if (!formats.includes("code_128")) throw new TypeError("nothing to look for"); }
    async detect(source) {
      const canvas = new OffscreenCanvas(source.videoWidth, source.videoHeight);
      const pen = canvas.getContext("2d");
      pen.drawImage(source, 0, 0);
      const { data } = pen.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1);
      const runs = [];
      for (let x = 0, dark = false; x < canvas.width; x++) {
        const now = data[x * 4 + 1] < 128;
        if (now === dark && runs.length > 0) runs[runs.length - 1]++;
        else if (now !== dark || runs.length === 0) runs.push(1);
        dark = now;
      }
      const widths = runs.slice(1); // before the first bar the card is bright
      const module = widths.slice(0, 6).reduce((a, b) => a + b, 0) / 11;
      const read = [];
      for (let at = 0; at + 6 <= widths.length; at += 6) {
        const found = symbols.findIndex((one) => one === widths.slice(at, at + one.length).map((run) => Math.round(run / module)).join(""));
        if (found < 0) break;
        read.push(found);
        if (found === end) break;
      }
      const [first, ...rest] = read;
      if (first !== begin || rest.pop() !== end) return [];
      const check = rest.pop();
      if (check !== rest.reduce((sum, value, at) => sum + value * (at + 1), begin) % 103) return [];
      return [{ rawValue: String.fromCharCode(...rest.map((value) => value + 32)) }];
    }
  };
}, { symbols, begin, end }];
