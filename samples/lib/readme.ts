export const README = `# Sample datasets

All of this is synthetic: written by a small program (\`samples/generate.ts\`), not taken from any shop or customer.
Brands, products, prices and people are made up.

| file                    | rows | what it is                                                  |
| ----------------------- | ---- | ----------------------------------------------------------- |
| prices.train.jsonl      | 500  | a product's title and description, and its price            |
| prices.validation.jsonl | 100  | the same, to watch the loss on while training               |
| prices.test.jsonl       | 250  | the same, to evaluate on afterwards                         |
| topics.train.jsonl      | 240  | a customer's message, and which of eight topics it is about |
| topics.validation.jsonl | 60   | the same                                                    |
| topics.test.jsonl       | 80   | the same                                                    |

No prompt stands in two files. The prices follow from what is said about an item (what it is, brand, material, extras)
times a chance factor, so even a perfect model is off by about 14 % on average.

To begin: right-click \`prices.train.jsonl\`, choose **Fine-Tune with Dataset…**, and take the Local connection. It
is free and runs on this machine.
`;
