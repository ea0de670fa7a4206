"use client";

import { useState } from "react";
import { add } from "./actions";

export function Counter() {
  const [sum, setSum] = useState(0);
  return (
    <button id="counter" onClick={async () => setSum((await add(sum)).sum)}>
      Sum {sum}
    </button>
  );
}
