// One stream of the account's live events. It is reopened whatever ended it: a restart, a proxy's 502, a 429. It runs in a
// page, or for all pages of a browser in a worker, and says what it hears to the function that it is given.

const PATH = "/api/v1/handoffs/stream";
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
// What was watched lately stays watched, so that going back to it opens no other stream. The server takes up to a hundred.
const KEPT = 12;
const MOST_WATCHED = 100;

export class Connection {
  #say;
  #stream = null;
  #waiting = 0;
  #failures = 0;
  #wanted = null;
  #watched = [];
  #number = null;
  #hasEnded = false;

  constructor(say) { this.#say = say; }

  /** Follow what is wanted: `caller`, the names of `kinds` of events, and the ids to `watch`; null for nothing. */
  follow(wanted) {
    if (wanted?.caller !== this.#wanted?.caller) {
      this.#close();
      this.#watched = [];
      this.#number = null;
      this.#hasEnded = false;
    }
    const isWatched = wanted?.watch.slice(0, MOST_WATCHED).every((one) => this.#watched.includes(one));
    this.#wanted = wanted;
    if (!wanted) this.#close();
    else if (this.#stream && !isWatched) { this.#close(); this.#open(); }
    else if (!this.#stream && !this.#waiting && !this.#hasEnded) this.#open();
  }

  /** Try at once, instead of after the present pause, or although the browser was somebody else's. */
  hurry() {
    if (!this.#wanted || !(this.#waiting || this.#hasEnded)) return;
    this.#failures = 0;
    this.#hasEnded = false;
    this.#close();
    this.#open();
  }

  #open() {
    const { caller, kinds, watch } = this.#wanted;
    const lately = this.#watched.filter((one) => !watch.includes(one)).slice(0, KEPT);
    this.#watched = [...watch, ...lately].slice(0, MOST_WATCHED);
    const query = new URLSearchParams({ counts: "true" });
    for (const one of this.#watched) query.append("watch", one);
    if (this.#number !== null) query.set("last_event_id", this.#number);
    const stream = this.#stream = new EventSource(`${PATH}?${query}`);
    const hear = (name, act) => stream.addEventListener(name, (event) => { if (stream === this.#stream) act(event); });
    hear("hello", (event) => {
      const hello = JSON.parse(event.data);
      // Somebody else has signed in since. Their stream is not for the pages of this person.
      if (hello.caller !== caller) { this.#end(); return; }
      this.#failures = 0;
      // What was missed comes after this: a stream that breaks before that goes on from where the last one was.
      if (this.#number === null || hello.reset) this.#number = hello.number;
      this.#say("opened");
      this.#say("state", "live");
      this.#say("number", hello.number);
      if (hello.reset) this.#say("reset");
    });
    for (const kind of kinds) {
      hear(kind, (event) => {
        this.#number = Number(event.lastEventId);
        this.#say("number", this.#number);
        this.#say("event", { ...JSON.parse(event.data), number: this.#number });
      });
    }
    for (const name of ["counts", "step", "presence"]) hear(name, (event) => this.#say(name, JSON.parse(event.data)));
    // The credential is no longer valid. Try again anyway: the browser may have a newer one by then.
    hear("end", () => this.#lose("ended"));
    // A browser reopens a stream that was interrupted, but not one that was answered with an error.
    hear("error", () => this.#lose("reconnecting"));
  }

  #end() {
    this.#close();
    this.#hasEnded = true;
    this.#say("state", "ended");
  }

  #lose(state) {
    this.#close();
    this.#say("state", state);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    // A random pause between half and all of it, so that browsers do not all return at once after an outage.
    this.#waiting = setTimeout(() => { this.#waiting = 0; this.#open(); }, pause * (0.5 + Math.random() / 2));
  }

  #close() {
    this.#stream?.close();
    this.#stream = null;
    clearTimeout(this.#waiting);
    this.#waiting = 0;
  }
}
