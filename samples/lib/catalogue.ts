// What the sample shop sells. Every brand and model is made up. Factors multiply the base price.

export interface Trait {
  /** What the title says; empty: only the description mentions it. */
  readonly title: string;
  /** A sentence of the description, or empty. */
  readonly text: string;
  readonly factor: number;
  /** Items that it makes sense for; all without it. */
  readonly only?: RegExp;
}

export type Remark = string | readonly [text: string, only: RegExp];

export interface Category {
  readonly brands: readonly (readonly [name: string, factor: number])[];
  readonly items: readonly (readonly [noun: string, dollars: number, pounds: number])[];
  /** One of each group is drawn. */
  readonly traits: readonly (readonly Trait[])[];
  /** Sentences that say nothing about the price. */
  readonly remarks: readonly Remark[];
  readonly specs: readonly (readonly [name: string, values: readonly string[], only?: RegExp])[];
}

const trait = (title: string, text: string, factor: number, only?: RegExp): Trait =>
  only === undefined ? { title, text, factor } : { title, text, factor, only };

export const CATALOGUE: readonly Category[] = [
  {
    brands: [
      ['Hallbrook', 1],
      ['Penumbra', 1.35],
      ['Cask & Kettle', 0.85],
      ['Ostrava', 1.6],
      ['Minnow', 0.7],
    ],
    items: [
      ['Electric Kettle', 42, 2.4],
      ['Drip Coffee Maker', 68, 5.2],
      ['Burr Coffee Grinder', 88, 4.6],
      ['Espresso Machine', 310, 14],
      ['Milk Frother', 29, 1.1],
    ],
    traits: [
      [
        trait('Stainless Steel', 'The body is brushed stainless steel, inside as well.', 1.15),
        trait('Matte Black', '', 1),
        trait('', 'The housing is plastic and easy to wipe.', 0.82),
      ],
      [
        trait(
          'with Temperature Control',
          'Set the temperature to the degree and it holds it for half an hour.',
          1.3,
          /Kettle|Espresso/,
        ),
        trait('', 'One switch, no menu.', 0.95, /Kettle|Frother|Grinder/),
        trait('with Timer', 'Fill it in the evening and wake up to a fresh cup.', 1.1, /Maker/),
      ],
    ],
    remarks: [
      ['Parts that touch water come apart for rinsing.', /Kettle|Maker|Machine|Frother/],
      'It is quieter than you would expect.',
      'Fits under standard wall cabinets.',
      'The cord winds up below the base.',
      'Two small rubber feet keep it where it stands.',
      ['We test each one with hot water before it is packed.', /Kettle|Maker|Machine/],
    ],
    specs: [
      ['Voltage', ['120 volts']],
      ['Capacity', ['0.8 liters', '1.2 liters', '1.7 liters'], /Kettle|Maker|Machine/],
      ['Dishwasher safe', ['yes', 'no', 'removable parts only'], /Frother|Maker/],
    ],
  },
  {
    brands: [
      ['Northfold', 1.2],
      ['Bramble', 0.9],
      ['Oakhurst Kitchen', 1],
      ['Sable Forge', 1.7],
      ['Everyday Pantry', 0.65],
    ],
    items: [
      ['Chef Knife', 64, 0.5],
      ['Cast Iron Skillet', 38, 5.4],
      ['Saucepan with Lid', 47, 3.1],
      ['Dutch Oven', 110, 11],
      ['Cutting Board', 31, 3.6],
      ['Mixing Bowl Set', 34, 4.1],
    ],
    traits: [
      [
        trait('', '', 1),
        trait('Hand-Finished', 'Each piece is finished by hand, so no two are quite alike.', 1.4),
        trait('Professional', 'Made for kitchens where it is used all day.', 1.25, /Knife|Skillet|Saucepan/),
      ],
      [
        trait('Small', 'A handy size for one or two people.', 0.75, /Skillet|Saucepan|Oven|Board|Bowl/),
        trait('', '', 1),
        trait('Large', 'Big enough for a family meal.', 1.3, /Skillet|Saucepan|Oven|Board|Bowl/),
      ],
    ],
    remarks: [
      ['Safe on gas, glass and induction.', /Skillet|Saucepan|Oven/],
      ['Wash by hand and dry at once.', /Knife|Skillet|Board/],
      ['The handle stays cool for longer than most.', /Skillet|Saucepan/],
      ['A thin coat of oil now and then keeps it in shape.', /Skillet|Board/],
      'Comes in a plain cardboard box, ready to give.',
      ['It gets better with use.', /Skillet|Oven|Board|Knife/],
      ['Balanced so that the wrist does not tire.', /Knife/],
    ],
    specs: [
      ['Material', ['carbon steel', 'stainless steel'], /Knife|Saucepan|Bowl/],
      ['Material', ['maple', 'walnut', 'beech'], /Board/],
      ['Material', ['cast iron', 'enameled iron'], /Skillet|Oven/],
      ['Color', ['natural', 'black', 'deep red', 'gray']],
      ['Oven safe', ['up to 400 F', 'up to 500 F', 'no'], /Skillet|Saucepan|Oven/],
    ],
  },
  {
    brands: [
      ['Voltera', 1],
      ['Ironwick', 1.3],
      ['HandyPath', 0.7],
      ['Kestrel Tools', 1.55],
      ['Graft', 0.9],
    ],
    items: [
      ['Cordless Drill', 89, 3.3],
      ['Circular Saw', 128, 7.4],
      ['Random Orbit Sander', 66, 2.8],
      ['Impact Driver', 104, 2.9],
      ['Jigsaw', 78, 5.1],
      ['Rotary Tool Kit', 54, 2.2],
    ],
    traits: [
      [
        trait('12V', 'Light enough to work above your head.', 0.8, /Drill|Driver|Sander|Rotary/),
        trait('20V', 'Runs on the same 20 volt packs as the rest of the range.', 1, /Drill|Saw|Sander|Driver|Jigsaw/),
        trait('40V', 'Plenty of torque for hardwood and long screws.', 1.4, /Drill|Driver|Saw/),
      ],
      [
        trait('Tool Only', 'Battery and charger are sold separately.', 0.6),
        trait('with Battery and Charger', 'One pack and a charger are in the box.', 1),
        trait('with Two Batteries and Case', 'Two packs, a fast charger and a hard case are in the box.', 1.4),
      ],
      [trait('Brushless', 'The brushless motor runs cooler and lasts longer.', 1.25), trait('', '', 1)],
    ],
    remarks: [
      'A light shows where you are working.',
      'The grip is rubber, also with gloves on.',
      ['Variable speed trigger.', /Drill|Driver|Jigsaw/],
      ['Dust is led away from the line of cut.', /Saw|Sander|Jigsaw/],
      ['Spindle lock for quick changes with one hand.', /Rotary|Circular/],
      'Not for use in the rain.',
    ],
    specs: [
      ['Power source', ['battery']],
      ['Speed settings', ['1', '2', '3', 'variable']],
      ['Warranty', ['2 years', '3 years', '5 years']],
    ],
  },
  {
    brands: [
      ['Tarn', 1.3],
      ['Lowland Outdoor', 0.8],
      ['Fellmark', 1.6],
      ['Campline', 0.7],
      ['Juniper Ridge', 1],
    ],
    items: [
      ['Backpacking Tent', 190, 4.4],
      ['Sleeping Bag', 105, 2.9],
      ['Camping Stove', 48, 0.7],
      ['Trekking Poles', 52, 1.1],
      ['Hiking Backpack', 118, 3.2],
      ['Sleeping Pad', 62, 1.2],
    ],
    traits: [
      [
        trait('Ultralight', 'Every gram that could go has gone.', 1.5),
        trait('', '', 1),
        trait('Basic', 'A sound first piece of kit for summer weekends.', 0.65),
      ],
      [
        trait('3-Season', 'Good from the first warm days until the leaves fall.', 1, /Tent|Sleeping/),
        trait('4-Season', 'Made for wind and snow as well.', 1.45, /Tent|Sleeping/),
        trait('', '', 0.95),
      ],
    ],
    remarks: [
      'Packs down small.',
      ['Seams are taped at the factory.', /Tent|Backpack$/],
      ['A repair patch is sewn to the inside of the bag.', /Tent|Sleeping/],
      ['The zips run with one hand.', /Tent|Bag|Backpack$/],
      ['Reflective cords are easy to find at night.', /Tent/],
      'Tested on three long trips before we put it on sale.',
      ['Stuff sack included.', /Tent|Sleeping/],
    ],
    specs: [
      ['Color', ['moss', 'slate', 'rust orange', 'sand']],
      ['Material', ['ripstop nylon', 'polyester', 'recycled nylon'], /Tent|Sleeping|Backpack$/],
      ['Material', ['aluminum', 'titanium'], /Stove|Poles/],
      ['Season', ['all', 'spring to fall'], /Tent|Sleeping/],
    ],
  },
  {
    brands: [
      ['Clarion Bay', 1],
      ['Aurel', 1.7],
      ['Basso', 1.25],
      ['Tinpot Audio', 0.55],
      ['Meridian Hall', 2.1],
    ],
    items: [
      ['Bluetooth Speaker', 74, 1.4],
      ['Over-Ear Headphones', 128, 0.6],
      ['Wireless Earbuds', 86, 0.12],
      ['Soundbar', 180, 5.6],
      ['Bookshelf Speakers (Pair)', 215, 13],
      ['Turntable', 240, 11],
    ],
    traits: [
      [
        trait(
          'with Noise Cancelling',
          'Active noise cancelling takes the edge off trains and open offices.',
          1.35,
          /phones|buds/,
        ),
        trait('', '', 1),
        trait('Compact', 'Small enough for a bedside table.', 0.8, /Speaker|Soundbar/),
      ],
      [
        trait('', 'Up to 30 hours on a charge.', 1.1, /Bluetooth|phones|buds/),
        trait('', 'Up to 8 hours on a charge.', 0.9, /Bluetooth|phones|buds/),
        trait('Renewed', 'Inspected, cleaned and repacked; light marks are possible.', 0.6),
      ],
    ],
    remarks: [
      ['Pairs with two devices at once.', /Bluetooth|phones|buds/],
      'The sound is warm rather than sharp.',
      ['Voice prompts can be switched off.', /Bluetooth|phones|buds/],
      'A short cable is in the box.',
      ['Buttons you can find in the dark.', /Bluetooth|phones|Soundbar/],
      ['Updates come through the app, and it works without it too.', /Soundbar|phones|buds/],
    ],
    specs: [
      ['Connectivity', ['Bluetooth 5.3', 'Bluetooth and AUX', 'wired and wireless'], /Bluetooth|phones|buds|Soundbar/],
      ['Color', ['black', 'white', 'navy', 'walnut']],
      ['Impedance', ['16 ohms', '32 ohms', '8 ohms'], /phones|Bookshelf/],
    ],
  },
  {
    brands: [
      ['Axilot', 1],
      ['Brightwell', 0.8],
      ['Nimbus One', 1.3],
      ['Corvane', 1.6],
      ['Pixelmint', 0.7],
    ],
    items: [
      ['27-Inch Monitor', 240, 11],
      ['Mechanical Keyboard', 92, 2.1],
      ['Wireless Mouse', 36, 0.22],
      ['USB-C Docking Station', 140, 0.8],
      ['Webcam', 64, 0.3],
      ['External SSD', 115, 0.15],
      ['Laptop Stand', 38, 2.3],
    ],
    traits: [
      [
        trait('4K', 'Sharp in every corner, also for small type.', 1.45, /Monitor/),
        trait('', '', 1),
        trait('1 TB', '', 1, /SSD/),
        trait('2 TB', 'Room for a whole family’s photos.', 1.55, /SSD/),
        trait('Full Size', 'With a number pad.', 1.1, /Keyboard/),
        trait('1080p', 'Full HD is plenty for calls and everyday work.', 0.85, /Monitor|Webcam/),
      ],
      [
        trait('for Business', 'Three years of service on the spot.', 1.25, /Monitor|Dock/),
        trait('', '', 1),
        trait('Open Box', 'The box has been opened; the contents have not been used.', 0.7),
      ],
    ],
    remarks: [
      ['No drivers to install.', /Keyboard|Mouse|Dock|Webcam|SSD/],
      ['Works with Windows, macOS and Linux.', /Keyboard|Mouse|Dock|Webcam|SSD|Monitor/],
      ['The cable is braided and a good yard long.', /Keyboard|Dock|SSD|Webcam/],
      ['Status lights can be turned off.', /Keyboard|Dock|Monitor/],
      'Recycled plastic makes up a third of the case.',
      ['Quick-start sheet in eight languages.', /Keyboard|Mouse|Dock|Webcam|SSD|Monitor/],
      ['Ports sit at the back, out of the way.', /Dock|Monitor/],
    ],
    specs: [
      ['Interface', ['USB-C', 'USB-A', 'USB-C and HDMI', '2.4 GHz receiver'], /Keyboard|Mouse|Dock|Webcam|SSD|Monitor/],
      ['Color', ['silver', 'black', 'space gray']],
      ['Country of origin', ['Taiwan', 'Vietnam', 'Mexico']],
    ],
  },
  {
    brands: [
      ['Rowan & Pike', 1.4],
      ['Settle', 1],
      ['Plainspoken Home', 0.75],
      ['Larkspur', 1.15],
      ['Drift House', 1.8],
    ],
    items: [
      ['Bookcase', 165, 58],
      ['Writing Desk', 230, 62],
      ['Nightstand', 96, 26],
      ['Dining Chair', 118, 14],
      ['Coffee Table', 178, 44],
      ['Coat Rack', 58, 11],
    ],
    traits: [
      [
        trait('Solid Oak', 'Solid oak throughout, oiled, not lacquered.', 1.7),
        trait('Walnut Veneer', 'Walnut veneer on a sturdy core.', 1.2, /Bookcase|Desk|Nightstand|Table/),
        trait('White', 'Melamine-coated board that takes a wipe.', 0.75, /Bookcase|Desk|Nightstand|Table/),
        trait('Pine', 'Knotty pine that darkens in the sun.', 0.9),
      ],
      [
        trait('', 'Comes assembled.', 1.25),
        trait('', 'Goes together with one key in under an hour.', 1, /Bookcase|Desk|Nightstand|Table/),
        trait('Set of 2', 'Sold as a pair.', 1.75, /Nightstand|Chair/),
      ],
    ],
    remarks: [
      'Felt pads protect the floor.',
      ['Fixings for the wall are included.', /Bookcase|Rack/],
      ['A gap at the back leaves room for cables.', /Desk|Nightstand/],
      ['Edges are rounded by hand.', /Desk|Table|Nightstand|Chair/],
      ['Looks at home in a hallway or a study.', /Bookcase|Desk|Rack/],
      'Delivered to the room of your choice.',
      ['Every board is checked for warping.', /Bookcase|Desk|Table|Nightstand/],
    ],
    specs: [
      ['Dimensions', ['18 x 16 x 24 inches', '20 x 15 x 25 inches'], /Nightstand/],
      ['Dimensions', ['31 x 12 x 70 inches', '24 x 11 x 48 inches'], /Bookcase/],
      ['Dimensions', ['48 x 24 x 30 inches', '55 x 27 x 29 inches'], /Desk/],
      ['Dimensions', ['40 x 22 x 17 inches', '36 x 36 x 16 inches'], /Table/],
      ['Finish', ['matte', 'oiled', 'satin']],
      ['Room', ['bedroom', 'living room', 'office']],
    ],
  },
  {
    brands: [
      ['Torquewell', 1],
      ['Dunmore Parts', 0.8],
      ['Redline Supply', 1.25],
      ['Axlegate', 1.5],
      ['Halden OE', 1.1],
    ],
    items: [
      ['Brake Pad Set', 46, 4.2],
      ['Alternator', 168, 13],
      ['Fuel Pump Module', 132, 2.6],
      ['Cabin Air Filter', 17, 0.5],
      ['Wheel Hub Assembly', 84, 7.5],
      ['Radiator', 149, 11],
      ['Ignition Coil', 38, 0.6],
    ],
    traits: [
      [trait('Front', '', 1.05, /Brake|Hub/), trait('Rear', '', 0.95, /Brake|Hub/), trait('', '', 1)],
      [
        trait('Remanufactured', 'Taken apart, cleaned, fitted with new seals and tested.', 0.65, /Alternator|Hub/),
        trait('Heavy Duty', 'Rated for towing and mountain roads.', 1.45, /Brake|Alternator|Hub|Radiator/),
        trait('', 'Meets the figures of the original part.', 1),
      ],
    ],
    remarks: [
      'Direct replacement, no cutting or welding.',
      'Check the part number before you order.',
      ['Coated against rust.', /Brake|Hub/],
      ['New hardware is in the bag.', /Brake|Hub|Alternator/],
      'Fits many sedans and light trucks of the last fifteen years.',
      ['Bench-tested before it leaves the plant.', /Alternator|Pump|Coil/],
      ['Have it fitted by someone who knows the car.', /Brake|Hub|Alternator|Pump|Radiator/],
    ],
    specs: [
      ['Fit type', ['vehicle specific', 'universal']],
      ['Position', ['left', 'right', 'both', 'unknown'], /Brake|Hub/],
      ['Auto part number', ['DX-2281', 'HB 419', 'K7-1180', 'R3390', 'TQ-0552']],
    ],
  },
  {
    brands: [
      ['Little Acorn', 1],
      ['Puddlejump', 0.8],
      ['Timberlings', 1.5],
      ['Kite & Co', 1.1],
      ['Marbleworks', 1.3],
    ],
    items: [
      ['Wooden Train Set', 52, 4.5],
      ['Building Blocks', 34, 3.2],
      ['Jigsaw Puzzle', 18, 1.3],
      ['Board Game', 32, 2.4],
      ['Balance Bike', 89, 8.2],
      ['Play Kitchen', 124, 32],
      ['Plush Bear', 22, 0.7],
    ],
    traits: [
      [
        trait('', '', 1),
        trait('Deluxe', 'The big box, with all the extra pieces.', 1.5, /Train|Blocks|Game|Kitchen/),
        trait('Travel Size', 'Fits into a coat pocket or a glove box.', 0.65, /Game|Puzzle|Bear/),
      ],
      [
        trait('Ages 3+', 'For ages three and up.', 1),
        trait('Ages 8+', 'For ages eight and up.', 1.1, /Puzzle|Game/),
        trait('', '', 0.95),
      ],
    ],
    remarks: [
      ['Paint is water-based.', /Train|Blocks|Kitchen|Bike/],
      'No batteries, no screens.',
      ['The pieces are too large to swallow.', /Train|Blocks/],
      'Grandparents will remember something like it.',
      'Sturdy enough to be handed down.',
      ['Pieces go back into a cotton bag.', /Train|Blocks|Puzzle/],
      ['Rules on one page.', /Game/],
    ],
    specs: [
      ['Number of pieces', ['12', '40', '100', '250', '1'], /Train|Blocks|Puzzle/],
      ['Material', ['beech wood', 'birch plywood'], /Train|Blocks|Bike|Kitchen/],
      ['Material', ['cardboard'], /Puzzle|Game/],
      ['Material', ['cotton', 'wool'], /Bear/],
      ['Theme', ['farm', 'city', 'animals', 'space'], /Train|Puzzle|Game|Blocks/],
    ],
  },
  {
    brands: [
      ['Greenacre', 1],
      ['Spade & Stone', 1.3],
      ['Hollyhock', 0.8],
      ['Fernway', 1.1],
      ['Terrace', 0.9],
    ],
    items: [
      ['Pruning Shears', 27, 0.6],
      ['Garden Hose', 44, 6.5],
      ['Raised Planter Box', 92, 23],
      ['Wheelbarrow', 118, 31],
      ['Leaf Rake', 24, 2.1],
      ['Patio Umbrella', 109, 13],
      ['Compost Bin', 72, 17],
    ],
    traits: [
      [
        trait('Heavy-Duty', 'Built for years outdoors.', 1.35),
        trait('', '', 1),
        trait('Lightweight', 'Easy to carry with one hand.', 0.9, /Rake|Shears|Hose|Umbrella/),
      ],
      [
        trait('25 ft', '', 0.9, /Hose/),
        trait('50 ft', '', 1.1, /Hose/),
        trait('', '', 1),
        trait('Galvanized', 'Galvanized steel does not mind the wet.', 1.2, /Wheelbarrow|Planter|Bin/),
      ],
    ],
    remarks: [
      ['Leave it out all winter if you must.', /Planter|Bin|Wheelbarrow|Hose/],
      ['Spare parts can be had one by one.', /Shears|Wheelbarrow|Umbrella|Hose/],
      ['Comfortable for left and right hands.', /Shears|Rake/],
      ['No tools needed to put it together.', /Planter|Bin|Wheelbarrow/],
      ['Drainage holes are drilled already.', /Planter/],
      'Made by a family business on the coast.',
      ['Rinse after use.', /Shears|Rake|Wheelbarrow/],
    ],
    specs: [
      ['Color', ['green', 'terracotta', 'anthracite', 'natural']],
      ['Material', ['cedar', 'pine', 'steel'], /Planter|Bin/],
      ['Material', ['powder-coated steel'], /Wheelbarrow|Umbrella/],
      ['Material', ['ash wood', 'bamboo'], /Rake/],
      ['Use', ['outdoor']],
    ],
  },
  {
    brands: [
      ['Stridewell', 1],
      ['Kinfolk Athletic', 1.2],
      ['Peakform', 1.45],
      ['Basecamp Gym', 0.75],
      ['Pulse & Plate', 0.95],
    ],
    items: [
      ['Adjustable Dumbbells', 210, 52],
      ['Yoga Mat', 36, 2.9],
      ['Resistance Band Set', 24, 1.3],
      ['Kettlebell', 48, 26],
      ['Exercise Bike', 420, 74],
      ['Foam Roller', 26, 1.6],
      ['Jump Rope', 14, 0.4],
    ],
    traits: [
      [
        trait('Pro', 'The grade that studios order.', 1.4),
        trait('', '', 1),
        trait('Starter', 'All you need for the first months.', 0.7),
      ],
      [
        trait('', 'A wall chart with thirty exercises is included.', 1.05, /Dumbbells|Band|Kettlebell|Roller|Mat/),
        trait('', '', 1),
        trait('Extra Thick', 'Thicker than usual, kind to knees.', 1.2, /Mat|Roller/),
      ],
    ],
    remarks: [
      ['Does not slip on wood or tile.', /Mat|Bike/],
      ['Wipes clean.', /Mat|Bike|Roller/],
      ['Stores under a bed.', /Mat|Band|Roller/],
      ['Free of latex.', /Band|Mat/],
      ['Quiet enough for an upstairs flat.', /Bike/],
      ['A carry strap is in the box.', /Mat/],
      ['Numbers are embossed, not printed.', /Dumbbells|Kettlebell/],
    ],
    specs: [
      ['Color', ['charcoal', 'teal', 'plum', 'black'], /Mat|Roller|Band|Rope|Kettlebell/],
      ['Material', ['cast iron', 'steel'], /Dumbbells|Kettlebell/],
      ['Material', ['natural rubber', 'TPE'], /Mat|Band|Roller/],
      ['Sport', ['strength training'], /Dumbbells|Kettlebell|Band/],
      ['Sport', ['cardio'], /Bike|Rope/],
    ],
  },
  {
    brands: [
      ['Loomstead', 1.1],
      ['Quiet Cotton', 1],
      ['Featherlane', 1.5],
      ['Homespun', 0.75],
      ['Alder Linen', 1.7],
    ],
    items: [
      ['Sheet Set', 74, 4.3],
      ['Duvet', 138, 5.5],
      ['Bath Towels (Set of 4)', 48, 4.8],
      ['Wool Throw', 86, 2.6],
      ['Pillow', 39, 1.9],
      ['Blackout Curtains', 52, 4.2],
    ],
    traits: [
      [
        trait('Twin', '', 0.75, /Sheet|Duvet/),
        trait('Queen', '', 1, /Sheet|Duvet/),
        trait('King', '', 1.25, /Sheet|Duvet/),
      ],
      [
        trait('Organic Cotton', 'Grown without pesticides and spun in Portugal.', 1.3, /Sheet|Duvet|Towels|Pillow/),
        trait('Microfiber', 'Dries fast and hardly creases.', 0.6, /Sheet|Towels|Duvet|Pillow/),
        trait('', '', 1),
        trait('Washed Linen', 'Washed twice, so it is soft from the first night.', 1.7, /Sheet|Duvet/),
      ],
    ],
    remarks: [
      'Warm wash, low tumble.',
      'Shrinks by a hand’s width at most.',
      ['Soft without feeling limp.', /Sheet|Towels|Throw|Pillow/],
      ['The hem is double-stitched.', /Sheet|Towels|Curtains/],
      'Colors hold after fifty washes.',
      ['Folds flat into a drawer.', /Sheet|Towels|Throw|Curtains/],
      'Tested for harmful substances.',
    ],
    specs: [
      ['Thread count', ['200', '300', '400', '600'], /Sheet|Duvet/],
      ['Color', ['ivory', 'sage', 'dusk blue', 'clay', 'charcoal']],
      ['Pattern', ['plain', 'striped', 'checked']],
    ],
  },
  {
    brands: [
      ['Lumenor', 1],
      ['Glasshouse', 1.6],
      ['Wick & Wire', 1.2],
      ['Brightly', 0.65],
      ['Harbor Lamp Co', 1.35],
    ],
    items: [
      ['Table Lamp', 58, 4.1],
      ['Floor Lamp', 112, 11],
      ['Pendant Light', 94, 3.2],
      ['LED Bulbs', 16, 0.6],
      ['Desk Lamp', 47, 2.7],
      ['Outdoor Wall Light', 66, 2.4],
    ],
    traits: [
      [
        trait('Brass', 'Unlacquered brass that ages with grace.', 1.4, /Lamp|Light$/),
        trait('Black', '', 1),
        trait('', '', 0.95),
        trait('Ceramic', 'The foot is glazed ceramic.', 1.15, /Table/),
      ],
      [
        trait('Dimmable', 'Dims without a flicker down to five percent.', 1.2),
        trait('', '', 1),
        trait('with Smart Control', 'Obeys the usual voice assistants, and an ordinary switch.', 1.35),
      ],
    ],
    remarks: [
      ['Takes a standard bulb.', /Table|Floor|Pendant|Wall/],
      ['The cord is covered in cloth.', /Table|Floor|Pendant/],
      ['Throws a wide, warm circle.', /Lamp|Light$/],
      ['Fixing screws are included.', /Pendant|Wall/],
      ['The shade can be turned round when it fades.', /Table|Floor/],
      ['Bulb not included.', /Table|Floor|Pendant|Wall/],
      ['Looks smaller in the pictures than it is.', /Lamp|Light$/],
    ],
    specs: [
      ['Color temperature', ['2700 K', '3000 K', '4000 K']],
      ['Socket', ['E26', 'E12', 'integrated LED']],
      ['Wattage', ['7 watts', '9 watts', '40 watts']],
    ],
  },
  {
    brands: [
      ['Velora', 1.2],
      ['Spoke & Sprocket', 1],
      ['Cobble', 0.8],
      ['Altavia', 1.7],
      ['Townwheel', 0.9],
    ],
    items: [
      ['Bike Helmet', 58, 0.7],
      ['Bicycle Pump', 32, 1.9],
      ['Bike Lock', 46, 2.8],
      ['Pannier Bag', 74, 1.8],
      ['Bike Light Set', 35, 0.4],
      ['Bicycle Saddle', 52, 0.9],
      ['Folding Bike', 480, 27],
    ],
    traits: [
      [
        trait('', '', 1),
        trait('Carbon', 'Carbon where it matters.', 1.6, /Saddle|Pump|Folding/),
        trait('City', 'For the way to work and to the market.', 0.9),
      ],
      [
        trait('', 'Rain does not get in.', 1.1, /Pannier/),
        trait('Reflective', 'Reflects headlights from all sides.', 1.1, /Pannier|Helmet/),
        trait('Kids', 'Sized for children from six to ten.', 0.75, /Helmet|Saddle/),
      ],
    ],
    remarks: [
      ['Fits most frames.', /Pump|Lock|Pannier|Set/],
      ['Goes on and off with one hand.', /Pump|Pannier|Set/],
      'Made in a small works in the hills.',
      ['Spare straps are available.', /Helmet|Pannier/],
      ['The mount is aluminum, not plastic.', /Pump|Lock|Set/],
      ['Holds up to potholes and cobblestones.', /Pannier|Saddle|Folding|Set/],
      ['No rattle.', /Pump|Lock|Pannier|Set|Folding/],
    ],
    specs: [
      ['Color', ['black', 'signal yellow', 'forest', 'silver']],
      ['Size', ['S', 'M', 'L', 'one size'], /Helmet/],
      ['Material', ['EPS foam'], /Helmet/],
      ['Material', ['nylon', 'waxed canvas'], /Pannier/],
      ['Material', ['leather', 'gel foam'], /Saddle/],
      ['Material', ['hardened steel'], /Lock/],
    ],
  },
  {
    brands: [
      ['Inkwell', 1],
      ['Foolscap', 1.3],
      ['Papermill Lane', 1.1],
      ['Deskmate', 0.7],
      ['Quillon', 1.9],
    ],
    items: [
      ['Fountain Pen', 48, 0.1],
      ['Notebook', 17, 0.7],
      ['Colored Pencils', 26, 0.6],
      ['Desk Organizer', 32, 1.8],
      ['Label Printer', 72, 1.7],
      ['Paper Shredder', 94, 11],
      ['Watercolor Set', 38, 0.9],
    ],
    traits: [
      [
        trait('', '', 1),
        trait('Cross-Cut', 'Turns a page into four hundred snippets.', 1.35, /Shredder/),
        trait('Gift Boxed', 'Comes in a linen-covered box.', 1.3, /Pen$|Notebook|Pencils|Watercolor/),
        trait('3 Pack', 'Three in a pack.', 2.1, /Pen$|Notebook/),
      ],
      [
        trait('', 'A refill is included.', 1.05, /Pen$|Notebook|Label/),
        trait('for Students', '', 0.8, /Pen$|Pencils|Watercolor|Notebook/),
        trait('Artist Grade', 'High pigment, lightfast.', 1.45, /Pencils|Watercolor/),
        trait('', '', 1),
      ],
    ],
    remarks: [
      ['Lies flat when open.', /Notebook/],
      ['Does not bleed through.', /Notebook/],
      ['The clip is spring steel.', /Pen$/],
      ['A favorite of left-handers.', /Pen$/],
      ['Acid-free.', /Notebook/],
      ['Every color is named on the barrel.', /Pencils/],
      ['Small enough for a shirt pocket.', /Pen$|Notebook/],
    ],
    specs: [
      ['Color', ['assorted', 'midnight blue', 'black', 'cream']],
      ['Size', ['A5', 'letter', 'pocket', 'standard'], /Notebook/],
      ['Unit count', ['1', '12', '24', '48'], /Pencils|Watercolor/],
    ],
  },
  {
    brands: [
      ['Furrow Pet', 1],
      ['Tail & Paw', 0.85],
      ['Whiskerby', 1.1],
      ['Kennelcraft', 1.35],
      ['Otterbank', 1.5],
    ],
    items: [
      ['Dog Bed', 62, 5.2],
      ['Cat Tree', 98, 31],
      ['Dog Harness', 31, 0.6],
      ['Automatic Feeder', 84, 4.1],
      ['Aquarium Filter', 46, 2.3],
      ['Pet Carrier', 54, 3.7],
      ['Scratching Post', 35, 7.4],
    ],
    traits: [
      [
        trait('Small', '', 0.75, /Bed|Harness|Carrier/),
        trait('Medium', '', 1, /Bed|Harness|Carrier/),
        trait('Extra Large', '', 1.5, /Bed|Harness|Carrier/),
      ],
      [
        trait('for 20 Gallon Tanks', '', 0.8, /Aquarium/),
        trait('for 55 Gallon Tanks', '', 1.4, /Aquarium/),
        trait('Orthopedic', 'Foam that old joints are grateful for.', 1.35, /Dog Bed/),
        trait('', '', 1),
        trait('Washable', 'The cover comes off and goes in at forty degrees.', 1.1, /Bed|Carrier/),
      ],
    ],
    remarks: [
      ['Chewed by three terriers and still whole.', /Dog/],
      ['No sharp edges.', /Tree|Carrier|Feeder|Post/],
      ['Takes a week to get used to.', /Tree|Feeder|Bed|Harness/],
      ['Hair brushes off.', /Bed|Tree|Carrier/],
      ['Buckles click shut with gloves on.', /Harness|Carrier/],
      ['Folds flat for the car.', /Carrier/],
      ['Vets have had a say in the shape.', /Bed|Harness|Carrier/],
    ],
    specs: [
      ['Color', ['gray', 'tan', 'plaid', 'dark green']],
      ['Target species', ['dog'], /Dog/],
      ['Target species', ['cat'], /Cat|Post/],
      ['Target species', ['dog and cat'], /Feeder|Carrier/],
      ['Material', ['sisal', 'jute'], /Tree|Post/],
      ['Material', ['canvas', 'polyester'], /Bed|Carrier|Harness/],
      ['Material', ['plastic'], /Feeder|Filter/],
    ],
  },
  {
    brands: [
      ['Coldharbor', 1.2],
      ['Breezeway', 0.85],
      ['Purelight', 1.1],
      ['Stormgate', 1.5],
      ['Casa Facile', 0.7],
    ],
    items: [
      ['Robot Vacuum', 290, 7.6],
      ['Air Purifier', 158, 9.8],
      ['Dehumidifier', 178, 29],
      ['Steam Iron', 49, 2.7],
      ['Tower Fan', 72, 8.5],
      ['Space Heater', 61, 5.6],
      ['Stick Vacuum', 205, 6.1],
    ],
    traits: [
      [
        trait('', 'For rooms up to 200 square feet.', 0.85, /Purifier|Dehumidifier|Fan|Heater/),
        trait('', 'For rooms up to 450 square feet.', 1.1, /Purifier|Dehumidifier|Fan|Heater/),
        trait('Whole Home', 'Strong enough for an open floor.', 1.5, /Purifier|Dehumidifier|Heater/),
      ],
      [
        trait(
          'with App',
          'Start it from anywhere; it also works without the app.',
          1.2,
          /Robot|Purifier|Dehumidifier|Heater/,
        ),
        trait('', '', 1),
        trait('Certified Refurbished', 'Serviced and cleaned, with a year of warranty.', 0.6),
      ],
    ],
    remarks: [
      ['The filter is a standard size.', /Vacuum|Purifier/],
      ['Quiet mode for the night.', /Purifier|Fan|Dehumidifier/],
      ['Empties without a cloud of dust.', /Vacuum/],
      ['Remembers the last setting.', /Purifier|Fan|Dehumidifier|Heater/],
      'Turns itself off when it is done.',
      ['The remote holds on by a magnet.', /Fan|Heater/],
      ['Uses about as much as a light bulb.', /Fan|Purifier/],
    ],
    specs: [
      ['Noise level', ['32 dB', '45 dB', '58 dB'], /Vacuum|Purifier|Fan|Dehumidifier/],
      ['Color', ['white', 'graphite', 'champagne']],
      ['Voltage', ['120 volts']],
    ],
  },
  {
    brands: [
      ['Stagehand', 0.8],
      ['Bellweather', 1.2],
      ['Rosewood Row', 1.6],
      ['Tempo', 0.9],
      ['Harrowgate', 2],
    ],
    items: [
      ['Acoustic Guitar', 245, 4.6],
      ['Ukulele', 68, 1.3],
      ['Digital Piano', 540, 39],
      ['Guitar Tuner', 19, 0.12],
      ['Microphone Stand', 36, 5.3],
      ['Cajon', 118, 9.5],
      ['Guitar Strings', 13, 0.1],
    ],
    traits: [
      [
        trait('', '', 1),
        trait('Beginner', 'With a book and a cloth to get going.', 0.7, /Acoustic|Ukulele/),
        trait('Concert', 'A fuller voice that carries to the last row.', 1.4, /Acoustic|Ukulele/),
      ],
      [
        trait('with Bag', 'A padded bag comes with it.', 1.12, /Acoustic|Ukulele|Cajon/),
        trait('', '', 1),
        trait('Solid Top', 'The top is one solid piece of spruce.', 1.35, /Acoustic/),
      ],
    ],
    remarks: [
      ['Set up by hand before it is shipped.', /Acoustic|Ukulele/],
      ['Holds its tuning.', /Acoustic|Ukulele|Strings/],
      ['A bright, open sound.', /Acoustic|Ukulele|Strings|Cajon/],
      ['Rubber feet spare the parquet.', /Stand|Cajon|Piano/],
      'Teachers like it.',
      ['Smells of cedar when you open the box.', /Acoustic|Ukulele/],
      ['Spare screws are taped inside.', /Stand|Piano/],
    ],
    specs: [
      ['Color', ['natural', 'sunburst', 'black'], /Guitar$|Ukulele|Piano|Cajon/],
      ['Top material', ['spruce', 'mahogany', 'laminate'], /Ukulele/],
      ['Hand orientation', ['right', 'left', 'both'], /Acoustic|Ukulele/],
    ],
  },
];

/** Ends of model names and loose words that shops put into titles. */
export const SERIES: readonly string[] = [
  'S',
  'Mk II',
  'Plus',
  'Classic',
  'One',
  'Series 3',
  'LX',
  'Evo',
  'Nova',
  'Prime',
  '2.0',
  'Studio',
  'Trail',
  'Duo',
];
