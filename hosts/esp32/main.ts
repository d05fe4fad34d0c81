import { boardParts } from "fieldpager/board";
import { start } from "../moddable/start.ts";
import { Esp32Board } from "./board.ts";

start(new Esp32Board(boardParts()));
