import type { MethodName } from '../../job.ts';

export const CURVE = String.raw`
KIND = "reward" if METHOD == "reinforcement" else "loss"
history = trainer.state.log_history
curves = {
    "training": [(entry["step"], entry[KIND]) for entry in history if KIND in entry],
    "validation sample": [
        (entry["step"], entry[f"eval_sample_{KIND}"])
        for entry in history
        if f"eval_sample_{KIND}" in entry
    ],
    "validation": [
        (entry["step"], entry[f"eval_{KIND}"]) for entry in history if f"eval_{KIND}" in entry
    ],
}
try:
    import matplotlib.pyplot as plt
except ImportError:
    for name, points in curves.items():
        print(
            name,
            *(f"{step}: {value:.4f}" for step, value in points[:: max(1, len(points) // 20)]),
            sep="\n  ",
        )
else:
    for name, points in curves.items():
        if points:
            plt.plot(
                *zip(*points, strict=True), marker="" if name == "training" else "o", label=name
            )
    plt.xlabel("step")
    plt.ylabel(KIND)
    plt.legend()
    plt.show()
`;

const SAVE = String.raw`
import shutil

folder = Path(OUTPUT)
trainer.model.peft_config["default"].base_model_name_or_path = BASE_MODEL
trainer.model.peft_config["default"].revision = REVISION
trainer.model.save_pretrained(folder)
tokenizer.save_pretrained(folder)  # With the chat template that the adapter was trained with.
trainer.state.save_to_json(str(folder / "trainer_state.json"))
facts = {
    "base": BASE_MODEL,
    "revision": REVISION,
    "method": METHOD,
    "seed": SEED,
    "hyperparameters": {
        "n_epochs": N_EPOCHS,
        "batch_size": BATCH_SIZE,
        "learning_rate_multiplier": LEARNING_RATE_MULTIPLIER,
        "beta": BETA,
    },
    "advanced": {
        "lora_rank": LORA_RANK,
        "lora_alpha": LORA_ALPHA,
        "target_modules": TARGET_MODULES,
        "load_in_4bit": LOAD_IN_4BIT,
        "gradient_accumulation": BATCH_SIZE // EXAMPLES_AT_ONCE,
        "max_length": MAX_LENGTH,
        "packing": PACKING,
        "group_by_length": GROUP_BY_LENGTH,
        "validation_every": VALIDATION_EVERY,
        "validation_sample": VALIDATION_SAMPLE,
    },
    "grader": GRADER,
}
(folder / "training.json").write_text(json.dumps(facts), encoding="utf-8")
print(f"Saved in the folder {OUTPUT}")
try:
    from google.colab import files
except ImportError:
    pass
else:
    files.download(shutil.make_archive(OUTPUT, "zip", folder))
`;

/** Cell that saves the adapter; supervised training has no beta. */
export function saveCell(method: MethodName): string {
  return method === 'supervised' ? SAVE.replace(/^ *"beta": BETA,\n/mu, '') : SAVE;
}
