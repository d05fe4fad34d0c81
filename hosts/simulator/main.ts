import { start } from "../moddable/start.ts";
import { board } from "./board.ts";

start(board);
