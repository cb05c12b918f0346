// Is asked, and answers with the memory that is free.
const say = (line) => console.log(JSON.stringify(line));
say({ streamer: 1, name: "memory", asked: true });
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  if ("read" in JSON.parse(line)) say({ free_bytes: require("os").freemem() });
});
