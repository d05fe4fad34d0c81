/** The icons as drawings. If one is meant to differ, change its drawing and take the text that the failure expects. */
import { describe, expect, it } from "vitest";
import { ICON_BITS, ICONS, iconHeight, iconOffset, iconWidth } from "../../src/pager/screen/icons.ts";

const DRAWINGS: Readonly<Record<keyof typeof ICONS, string>> = {
  bars1: `









##
## ## ## ##
## ## ## ##`,
  bars2: `






   ##
   ##
   ##
## ##
## ## ## ##
## ## ## ##`,
  bars3: `



      ##
      ##
      ##
   ## ##
   ## ##
   ## ##
## ## ##
## ## ## ##
## ## ## ##`,
  bars4: `
         ##
         ##
         ##
      ## ##
      ## ##
      ## ##
   ## ## ##
   ## ## ##
   ## ## ##
## ## ## ##
## ## ## ##
## ## ## ##`,
  noBroker: `
##       ##
 ##      ##
  ##     ##
   ## ## ##
    ## # ##
     ##  ##
   ## ## ##
   ##  ## #
   ## # ##
## ## ## ##
## ## ##  ##
## ## ## # ##`,
  noNetwork: `
  ##    ##
   ##  ##
    ####
     ##
    ####
   ##  ##
  ##    ##



## ## ## ##
## ## ## ##`,
  quiet: `
   ###
 ###
 ##
###
###
###
####
####      #
 #####  ###
 ##########
   #######`,
  battery: `
##############
#            #
#            #
#            ##
#            ##
#            ##
#            ##
#            #
#            #
##############`,
  online: `
   ####
 ########
 ########
##########
##########
##########
##########
 ########
 ########
   ####`,
  away: `
   ####
 ########
 ###  ###
###    ###
##      ##
##      ##
###    ###
 ###  ###
 ########
   ####`,
  busy: `
##########
##########
##########
##########
##########
##########
##########
##########
##########
##########`,
  offline: `
##      ##
###    ###
 ###  ###
  ######
   ####
   ####
  ######
 ###  ###
###    ###
##      ##`,
  unknown: `



   ####
  ######
  ######
   ####


`,
  caret: `
#######
 #####
  ###
   #`,
};

describe("an icon is what its drawing shows", () => {
  it.each(Object.entries(DRAWINGS))("%s", (name, drawing) => {
    const rows = drawing.split("\n").slice(1);
    const width = Math.max(...rows.map((row) => row.length));
    const rowBytes = Math.ceil(width / 8);
    const hex = rows
      .map((row) =>
        Number.parseInt(
          row
            .padEnd(8 * rowBytes)
            .replaceAll(" ", "0")
            .replaceAll("#", "1"),
          2,
        ),
      )
      .map((bits) => bits.toString(16).padStart(2 * rowBytes, "0"))
      .join("");
    const icon = ICONS[name as keyof typeof ICONS];
    expect([iconWidth(icon), iconHeight(icon)]).toEqual([width, rows.length]);
    const bits = ICON_BITS.subarray(iconOffset(icon), iconOffset(icon) + rows.length * rowBytes);
    expect(Buffer.from(bits).toString("hex")).toBe(hex);
  });
});
