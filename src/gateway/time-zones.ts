/**
 * The IANA time zones (tzdata 2026c), one rule a line. A line has the POSIX rule without its abbreviations, then the zones. The
 * zones of one region stand after its name. The sign is that of POSIX: `-1` is an hour ahead of UTC. The table is one string,
 * since that takes the least flash. A test compares it with the zones of the machine.
 */
export const ZONES = `+11 Pacific/Midway,Niue,Pago_Pago
+10 Pacific/Honolulu,Rarotonga,Tahiti
+10,M3.2.0,M11.1.0 America/Adak
+9 Pacific/Gambier
+9,M3.2.0,M11.1.0 America/Anchorage,Juneau,Metlakatla,Nome,Sitka,Yakutat
+9:30 Pacific/Marquesas
+8 Pacific/Pitcairn
+8,M3.2.0,M11.1.0 America/Los_Angeles,Tijuana
+7 America/Creston,Dawson,Dawson_Creek,Fort_Nelson,Hermosillo,Mazatlan,Phoenix,Vancouver,Whitehorse
+7,M3.2.0,M11.1.0 America/Boise,Cambridge_Bay,Ciudad_Juarez,Denver,Inuvik
+6 America/Bahia_Banderas,Belize,Chihuahua,Costa_Rica,Edmonton,El_Salvador,Guatemala,Managua,Merida,Mexico_City,Monterrey,Regina,Swift_Current,Tegucigalpa Pacific/Galapagos
+6,M3.2.0,M11.1.0 America/Chicago,Matamoros,Menominee,Ojinaga,Rankin_Inlet,Resolute,Winnipeg America/Indiana/Knox,Tell_City America/North_Dakota/Beulah,Center,New_Salem
+6,M9.1.6/22,M4.1.6/22 Pacific/Easter
+5 America/Atikokan,Bogota,Cancun,Cayman,Coral_Harbour,Eirunepe,Guayaquil,Jamaica,Lima,Panama,Rio_Branco
+5,M3.2.0,M11.1.0 America/Detroit,Grand_Turk,Indianapolis,Iqaluit,Louisville,Nassau,New_York,Port-au-Prince,Toronto America/Indiana/Indianapolis,Marengo,Petersburg,Vevay,Vincennes,Winamac America/Kentucky/Louisville,Monticello
+5,M3.2.0/0,M11.1.0/1 America/Havana
+4 America/Anguilla,Antigua,Aruba,Barbados,Blanc-Sablon,Boa_Vista,Campo_Grande,Caracas,Cuiaba,Curacao,Dominica,Grenada,Guadeloupe,Guyana,Kralendijk,La_Paz,Lower_Princes,Manaus,Marigot,Martinique,Montserrat,Port_of_Spain,Porto_Velho,Puerto_Rico,Santo_Domingo,St_Barthelemy,St_Kitts,St_Lucia,St_Thomas,St_Vincent,Tortola
+4,M3.2.0,M11.1.0 America/Glace_Bay,Goose_Bay,Halifax,Moncton,Thule Atlantic/Bermuda
+4,M9.1.6/24,M4.1.6/24 America/Santiago
+3 America/Araguaina,Asuncion,Bahia,Belem,Buenos_Aires,Catamarca,Cayenne,Cordoba,Coyhaique,Fortaleza,Jujuy,Maceio,Mendoza,Montevideo,Paramaribo,Punta_Arenas,Recife,Santarem,Sao_Paulo America/Argentina/Buenos_Aires,Catamarca,Cordoba,Jujuy,La_Rioja,Mendoza,Rio_Gallegos,Salta,San_Juan,San_Luis,Tucuman,Ushuaia Antarctica/Palmer,Rothera Atlantic/Stanley
+3,M3.2.0,M11.1.0 America/Miquelon
+3:30,M3.2.0,M11.1.0 America/St_Johns
+2 America/Noronha Atlantic/South_Georgia
+2,M3.5.0/-1,M10.5.0/0 America/Godthab,Nuuk,Scoresbysund
+1 Atlantic/Cape_Verde
+1,M3.5.0/0,M10.5.0/1 Atlantic/Azores
+0 Africa/Abidjan,Accra,Bamako,Banjul,Bissau,Conakry,Dakar,Freetown,Lome,Monrovia,Nouakchott,Ouagadougou,Sao_Tome America/Danmarkshavn Atlantic/Reykjavik,St_Helena UTC
+0,M3.5.0/1,M10.5.0 Atlantic/Canary,Faeroe,Faroe,Madeira Europe/Guernsey,Isle_of_Man,Jersey,Lisbon,London
+0-2,M3.5.0/1,M10.5.0/3 Antarctica/Troll
-1 Africa/Algiers,Bangui,Brazzaville,Casablanca,Douala,El_Aaiun,Kinshasa,Lagos,Libreville,Luanda,Malabo,Ndjamena,Niamey,Porto-Novo,Tunis
-1+0,M10.5.0,M3.5.0/1 Europe/Dublin
-1,M3.5.0,M10.5.0/3 Africa/Ceuta Arctic/Longyearbyen Europe/Amsterdam,Andorra,Belgrade,Berlin,Bratislava,Brussels,Budapest,Busingen,Copenhagen,Gibraltar,Ljubljana,Luxembourg,Madrid,Malta,Monaco,Oslo,Paris,Podgorica,Prague,Rome,San_Marino,Sarajevo,Skopje,Stockholm,Tirane,Vaduz,Vatican,Vienna,Warsaw,Zagreb,Zurich
-2 Africa/Blantyre,Bujumbura,Gaborone,Harare,Johannesburg,Juba,Khartoum,Kigali,Lubumbashi,Lusaka,Maputo,Maseru,Mbabane,Tripoli,Windhoek Europe/Kaliningrad
-2,M3.4.4/26,M10.5.0 Asia/Jerusalem
-2,M3.4.4/50,M10.4.4/50 Asia/Gaza,Hebron
-2,M3.5.0/0,M10.5.0/0 Asia/Beirut
-2,M3.5.0/3,M10.5.0/4 Asia/Famagusta,Nicosia Europe/Athens,Bucharest,Chisinau,Helsinki,Kiev,Kyiv,Mariehamn,Riga,Sofia,Tallinn,Vilnius
-2,M4.5.5/0,M10.5.4/24 Africa/Cairo
-3 Africa/Addis_Ababa,Asmara,Asmera,Dar_es_Salaam,Djibouti,Kampala,Mogadishu,Nairobi Antarctica/Syowa Asia/Aden,Amman,Baghdad,Bahrain,Damascus,Kuwait,Qatar,Riyadh Europe/Istanbul,Kirov,Minsk,Moscow,Simferopol,Volgograd Indian/Antananarivo,Comoro,Mayotte
-3:30 Asia/Tehran
-4 Asia/Baku,Dubai,Muscat,Tbilisi,Yerevan Europe/Astrakhan,Samara,Saratov,Ulyanovsk Indian/Mahe,Mauritius,Reunion
-4:30 Asia/Kabul
-5 Antarctica/Mawson,Vostok Asia/Almaty,Aqtau,Aqtobe,Ashgabat,Atyrau,Dushanbe,Karachi,Oral,Qostanay,Qyzylorda,Samarkand,Tashkent,Yekaterinburg Indian/Kerguelen,Maldives
-5:30 Asia/Calcutta,Colombo,Kolkata
-5:45 Asia/Kathmandu,Katmandu
-6 Asia/Bishkek,Dhaka,Omsk,Thimphu,Urumqi Indian/Chagos
-6:30 Asia/Rangoon,Yangon Indian/Cocos
-7 Antarctica/Davis Asia/Bangkok,Barnaul,Ho_Chi_Minh,Hovd,Jakarta,Krasnoyarsk,Novokuznetsk,Novosibirsk,Phnom_Penh,Pontianak,Saigon,Tomsk,Vientiane Indian/Christmas
-8 Antarctica/Casey Asia/Brunei,Hong_Kong,Irkutsk,Kuala_Lumpur,Kuching,Macau,Makassar,Manila,Shanghai,Singapore,Taipei,Ulaanbaatar Australia/Perth
-8:45 Australia/Eucla
-9 Asia/Chita,Dili,Jayapura,Khandyga,Pyongyang,Seoul,Tokyo,Yakutsk Pacific/Palau
-9:30 Australia/Darwin
-9:30,M10.1.0,M4.1.0/3 Australia/Adelaide,Broken_Hill
-10 Antarctica/DumontDUrville Asia/Ust-Nera,Vladivostok Australia/Brisbane,Lindeman Pacific/Chuuk,Guam,Port_Moresby,Saipan,Truk
-10,M10.1.0,M4.1.0/3 Antarctica/Macquarie Australia/Hobart,Melbourne,Sydney
-10:30-11,M10.1.0,M4.1.0 Australia/Lord_Howe
-11 Asia/Magadan,Sakhalin,Srednekolymsk Pacific/Bougainville,Efate,Guadalcanal,Kosrae,Noumea,Pohnpei,Ponape
-11,M10.1.0,M4.1.0/3 Pacific/Norfolk
-12 Asia/Anadyr,Kamchatka Pacific/Fiji,Funafuti,Kwajalein,Majuro,Nauru,Tarawa,Wake,Wallis
-12,M9.5.0,M4.1.0/3 Antarctica/McMurdo Pacific/Auckland
-12:45,M9.5.0/2:45,M4.1.0/3:45 Pacific/Chatham
-13 Pacific/Apia,Enderbury,Fakaofo,Kanton,Tongatapu
-14 Pacific/Kiritimati`;
