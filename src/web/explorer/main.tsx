import { createRoot } from "react-dom/client";
import "../shared/theme.css";
import "../shared/parts.css";
import "./explorer.css";
import "./unit.css";
import "./acting.css";
import { App } from "./app.js";

createRoot(document.getElementById("root")!).render(<App />);
