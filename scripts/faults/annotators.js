/** A study that is served while programs describe its units, as people would with their browsers: what was acknowledged must be there after a kill. */
import { request } from "node:http";

const UNITS = 6;
const PEOPLE = ["ada", "bo", "cy"];

/** The steps of a trial: the server, which ends when everything is described, then the table. */
export function annotators(run) {
  return {
    steps: (at) => [
      [
        "annotate",
        run,
        "--study",
        at("study.sqlite"),
        "--sample",
        UNITS,
        "--seed",
        3,
        "--port",
        0,
        "--least-seconds",
        0,
      ],
      ["annotate", "export", run, "--study", at("study.sqlite"), "--out", at("annotations.csv")],
    ],
    /** What is known of people from one start of the server to the next. */
    open: async () => ({ env: {}, cookies: new Map(), acknowledged: [], said: 0, close: async () => {} }),
    /** Describes as long as the server lives; then asks it to end. */
    async drive({ child, said, ended }, session, step) {
      const { cookies, acknowledged } = session;
      if (step !== 0) return;
      const gone = ended.then(() => {
        throw new Error("gone");
      });
      gone.catch(() => {});
      try {
        while (!/Ctrl\+C/.test(said())) await Promise.race([gone, new Promise((done) => setTimeout(done, 20))]);
        const port = new URL(/annotators: (\S+)/.exec(said())[1]).port;
        for (const name of PEOPLE) {
          if (!cookies.has(name)) cookies.set(name, (await ask(port, "/api/join", { nickname: name })).cookie);
          for (;;) {
            const { assignment } = (await ask(port, "/api/next", {}, cookies.get(name))).json;
            if (!assignment) break;
            const text = `things that ${name} sees #${++session.said}`;
            const { status } = await ask(
              port,
              `/api/assignments/${assignment.code}`,
              { text, activeMs: 9000 },
              cookies.get(name),
            );
            if (status === 200) acknowledged.push(text);
          }
        }
        child.kill("SIGTERM");
      } catch {
        // it was killed
      }
    },
    /** What must hold beyond the files. */
    check({ acknowledged }, read) {
      const table = read("annotations.csv");
      const lost = acknowledged.filter((text) => !table.includes(`${text}\n`));
      return lost.length > 0 ? `${lost.length} acknowledged answers are lost` : undefined;
    },
  };
}

function ask(port, path, body, cookie) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", ...(cookie && { cookie }) };
    const asking = request({ host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (data) => {
        text += data;
      });
      response.on("end", () => {
        const set = (response.headers["set-cookie"] ?? []).map((each) => each.split(";")[0]).join("; ");
        resolve({ status: response.statusCode, json: text ? JSON.parse(text) : undefined, cookie: set || cookie });
      });
      response.on("error", reject);
    });
    asking.on("error", reject);
    asking.end(JSON.stringify(body));
  });
}
