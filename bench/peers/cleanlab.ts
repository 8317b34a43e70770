import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const PACKAGES = ['cleanlab==2.9.0', 'scikit-learn==1.9.1'];
/** Installed once, 0.4 GB; git ignores it. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/cleanlab', import.meta.url));
const PYTHON = path.join(FOLDER, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

// TF-IDF of words and pairs, logistic regression, probabilities of five folds, self-confidence: the usual way to its label quality.
const PROGRAM = `
import json, sys
from cleanlab.rank import get_label_quality_scores
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder
with open(sys.argv[1], encoding='utf-8') as file:
    rows = json.load(file)
labels = LabelEncoder().fit_transform([row['label'] for row in rows])
model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000))
folds = StratifiedKFold(5, shuffle=True, random_state=1)
shares = cross_val_predict(model, [row['text'] for row in rows], labels, cv=folds, method='predict_proba')
print(json.dumps([float(score) for score in get_label_quality_scores(labels, shares, method='self_confidence')]))
`;

/** Quality of each label, 0…1, by cleanlab; null when it could not be installed here. `file`: JSON list of `text` and `label`. */
export function cleanlabScores(file: string): readonly number[] | null {
  if (!install()) return null;
  const out = execFileSync(PYTHON, ['-c', PROGRAM, file], { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 1_200_000 });
  return JSON.parse(out) as readonly number[];
}

function install(): boolean {
  const works = (): boolean => existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import cleanlab, sklearn']).status === 0;
  if (works()) return true;
  mkdirSync(path.dirname(FOLDER), { recursive: true });
  console.log('Installing cleanlab, which takes a minute…');
  if (spawnSync('python3', ['-m', 'venv', FOLDER], { stdio: 'inherit' }).status !== 0) return false;
  spawnSync(PYTHON, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
  return works();
}
