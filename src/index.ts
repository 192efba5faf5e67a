/** Milan as a library: what the command line does, as typed functions. */

export type { Interval } from "./base/bootstrap.js";
export { UserError } from "./base/errors.js";
export { type Progress, silent } from "./base/progress.js";
export { type Pairs, pairedDifference, wilson } from "./base/proportion.js";
export { Random } from "./base/random.js";
export { VERSION } from "./base/version.js";
export { type AnnotateOptions, annotateStore, writeSimulated } from "./builtin/annotators/annotate.js";
export { BUILT_IN, builtInDescriber, builtInNetwork } from "./builtin/assets.js";
export {
  type FacesFindings,
  type FacesModel,
  type FaceUnit,
  TRAININGS,
  type Training,
} from "./builtin/faces/findings.js";
export { facesTable, modelRows, pairRows, verdictRows, writeFaces } from "./builtin/faces/report.js";
export { FACES_FAST, FACES_FULL, type FacesOptions, type FacesScale } from "./builtin/faces/scale.js";
export { facesStudy } from "./builtin/faces/study.js";
export { FIGURES, type FigureName, makeFigures } from "./builtin/figures/figures.js";
export { openInterpreter } from "./builtin/interpreter/interpreter.js";
export { type Misled, type MisledOptions, misled } from "./builtin/misled/misled.js";
export { type Reproduced, type ReproduceOptions, reproduce, TABLES } from "./builtin/reproduce.js";
export { openPixelWitness } from "./builtin/witness/pixel-witness.js";
export { dissectOnQueue, type QueueOptions } from "./cluster/dissect-on-queue.js";
export { folderStore } from "./cluster/folder-store.js";
export { openStore } from "./cluster/open-store.js";
export type { Results, Store } from "./cluster/store.js";
export { type Worked, type WorkerOptions, work } from "./cluster/worker.js";
export { type Agreement, annotatorAgreement } from "./data/annotations/agreement.js";
export {
  type Annotation,
  type Annotations,
  type ReadAnnotationsOptions,
  readAnnotations,
  writeAnnotations,
} from "./data/annotations/annotations.js";
export { GROUPS, resolveSets } from "./data/annotations/names.js";
export { splitUnits } from "./data/annotations/split.js";
export { type AnnotationStatistics, annotationStatistics } from "./data/annotations/statistics.js";
export type { ImageSet, ProbeEntry } from "./data/images/imageset.js";
export { openImages } from "./data/images/open.js";
export { IMAGENET, type Preprocessing } from "./data/images/preprocess.js";
export { type BoxesOptions, openBoxes } from "./data/labels/boxes.js";
export { openBroden } from "./data/labels/broden.js";
export { colourNumber, colourOf } from "./data/labels/colour.js";
export { ConceptCounter, type Fit } from "./data/labels/concepts.js";
export { evaluate as evaluateQuery } from "./data/labels/evaluate.js";
export { type IndexMasksOptions, openIndexMasks } from "./data/labels/index-masks.js";
export {
  COLOUR_NAMES,
  type ColourName,
  type LabelledThing,
  type LabelSource,
  type Labels,
  TEXTURE_NAMES,
  type TextureName,
} from "./data/labels/labels.js";
export { type Vocabulary as LabelVocabulary, vocabularyOf } from "./data/labels/lexicon.js";
export { openMarked } from "./data/labels/marks.js";
export type { Atom, Query } from "./data/labels/query.js";
export { Strata, type UnitStrata } from "./data/labels/strata.js";
export { openWorldFolder, type WriteWorldOptions, writeWorld } from "./data/world/folder.js";
export { drawShapes, renderShapes, type ShapeScene, shapeScenes, writeShapes } from "./data/world/shapes.js";
export { classesOf, WORLD_SETS, World, type WorldFile, type WorldPicture, type WorldSet } from "./data/world/world.js";
export { type AnnotatedSet, type OpenSetsOptions, openAnnotatedSets } from "./describer/annotated-set.js";
export { readWeights } from "./describer/checkpoint/checkpoint.js";
export { classifierEncoder, pyramidOf } from "./describer/classifier-encoder.js";
export { ClipReranker } from "./describer/clip-rerank.js";
export { type DescribeOptions, describe } from "./describer/describe.js";
export {
  type Decoded,
  type Decoder,
  type DecodingOptions,
  describeFeatures,
  SEARCHES,
  type Search,
  type UnitBeam,
} from "./describer/describe-features.js";
export { type DescribeRunOptions, describeRun } from "./describer/describe-run.js";
export { type Describer, loadDescriber } from "./describer/describer.js";
export { type DescriberFiles, openDescriberFiles, saveDescriber } from "./describer/directory.js";
export { type EvaluateOptions, type Evaluation, evaluateDescriber } from "./describer/evaluation/evaluate.js";
export { type JudgedUnit, type Judgement, judge } from "./describer/evaluation/judge.js";
export type { Claim, Interpreter } from "./describer/hedge.js";
export type { Meanings } from "./describer/meanings/meanings.js";
export { type EncoderSource, openEncoder } from "./describer/training/encoder-source.js";
export { type TrainedDescriber, type TrainOptions, trainDescriber } from "./describer/training/train.js";
export type { Witness } from "./describer/witness.js";
export { differentiate } from "./engine/grad/differentiate.js";
export { type ModelOptions, toModel } from "./engine/grad/emit.js";
export { Graph, type Initial, type Tensor } from "./engine/grad/graph.js";
export * as op from "./engine/grad/ops.js";
export { ablate, bakeAblation } from "./engine/onnx/ablate.js";
export { GraphBuilder, type Value } from "./engine/onnx/build.js";
export { cut } from "./engine/onnx/cut.js";
export { type Layer, resolveLayers } from "./engine/onnx/layers.js";
export { type OnnxModel, readModel, writeModel } from "./engine/onnx/model.js";
export { tap } from "./engine/onnx/tap.js";
export { openSession } from "./engine/runtime/open.js";
export { type Arrays, Session, type SessionOptions } from "./engine/runtime/session.js";
export { type DType, type NdArray, ndarray } from "./engine/tensor/ndarray.js";
export { openNpy, readNpy, writeNpy } from "./engine/tensor/npy.js";
export { readSafetensors, writeSafetensors } from "./engine/tensor/safetensors.js";
export { EarlyStopping, type EarlyStoppingOptions } from "./engine/train/early-stopping.js";
export { fit } from "./engine/train/fit.js";
export type { BatchRequest, CheckpointOptions, FitOptions, FitResult, Stepper } from "./engine/train/fit-options.js";
export * as layers from "./engine/train/layers.js";
export * as losses from "./engine/train/losses.js";
export { adam, adamW, type Optimiser, sgd } from "./engine/train/optimisers.js";
export { initialise } from "./engine/train/parameters.js";
export { evaluate, type ParameterValues, Program } from "./engine/train/program.js";
export { constantRate, cosine, linearDecay, type Schedule, stepwise } from "./engine/train/schedules.js";
export { type StepOptions, TrainingStep } from "./engine/train/step.js";
export { type AnnotatedUnit, pairAnnotations } from "./exemplars/annotated.js";
export type { Prediction, SweepCosts } from "./exemplars/cost.js";
export { type DissectOptions, dissect, dissectShard, type Shard } from "./exemplars/dissect.js";
export { type Forecast, type ForecastOptions, forecast } from "./exemplars/forecast.js";
export { maskOf } from "./exemplars/masks.js";
export { type MergeOptions, merge, mergeShard, type PartialMerge } from "./exemplars/merge.js";
export { writeMilannotations } from "./exemplars/milannotations.js";
export { imageFolder, latentFolder, type Probe, type ProbeOpener } from "./exemplars/probe.js";
export { type ExemplarLayer, type ExemplarStore, openExemplars, runExemplars } from "./exemplars/store.js";
export { type OpenOptions, openModel, preprocessingOf, type Subject } from "./exemplars/subject.js";
export type { Explorer, Routes } from "./explorer/api/explorer.js";
export { liveBodyLimit, liveRoutes } from "./explorer/live/routes.js";
export { explorerApp, openExplorer, serveExplorer } from "./explorer/server.js";
export { exportSite, type SiteOptions } from "./explorer/site.js";
export { ImageTextModel } from "./image-text/image-text-model.js";
export { type BertScoreOptions, openBertScore } from "./language/bertscore/bertscore.js";
export { type BleuOptions, bleu } from "./language/bleu.js";
export { scoreOf, type TextMetric } from "./language/metric.js";
export { type Metrics, openMetrics } from "./language/metrics.js";
export { kneserNey, type NgramModel, perplexityOf, unigrams } from "./language/ngrams.js";
export { type RougeVariant, rouge } from "./language/rouge.js";
export { openSyntax, type Syntax } from "./language/syntax/open.js";
export { parseDepth } from "./language/syntax/parser.js";
export { UNIVERSAL_TAGS, type UniversalTag } from "./language/syntax/tagger.js";
export { tokenize } from "./language/tokens.js";
export { Vocabulary } from "./language/vocabulary.js";
export { wordOverlap } from "./language/word-overlap.js";
export { wordVectorMatching } from "./language/word-vectors.js";
export { words } from "./language/words.js";
export { type Pulled, type PullOptions, pull } from "./pull/pull.js";
export {
  type Candidate,
  type Description,
  DOUBTS,
  type Doubt,
  type Meaning,
  readDescriptions,
} from "./run/descriptions.js";
export { Run, type RunLayer } from "./run/run.js";
export {
  type ClassPictures,
  type ClassPicturesOptions,
  openClassPictures,
} from "./studies/ablation/class-pictures.js";
export { type Classifier, classifierOf } from "./studies/ablation/classifier.js";
export { accuracyOf, type Sweep, type SweepOptions, sweep, type UnitSet } from "./studies/ablation/sweep.js";
export { type Analysis, type AnalyzeOptions, analyze } from "./studies/analysis/analyze.js";
export { CRITERIA, type Criterion, type Scores, scoresOf } from "./studies/analysis/criteria.js";
export { type Curve, curvesOf } from "./studies/analysis/curves.js";
export { type ExampleOptions, writeExamples } from "./studies/analysis/examples.js";
export { verdictsOf, writeAnalysis } from "./studies/analysis/report.js";
export { type Attack, type AttackOptions, attack } from "./studies/attack/attack.js";
export type { AttackedUnit, Example, Paste, SkippedUnit } from "./studies/attack/attack-unit.js";
export { writeAttack } from "./studies/attack/report.js";
export {
  auditRun,
  type Comparison,
  comparisons,
  type Finding,
  type Rule,
  type RunAudit,
} from "./studies/audit/audit.js";
export { type BlurOptions, type BlurredSet, blurThings } from "./studies/audit/blur.js";
export { diffRuns, type RunDifference, type WordDifference } from "./studies/audit/diff.js";
export { type Match, matches, reasonOf, type Wanted } from "./studies/audit/match.js";
export { type Meanings as WordMeanings, openMeanings } from "./studies/audit/meaning.js";
export { readPolicy } from "./studies/audit/policy.js";
export { junitOf, sarifOf } from "./studies/audit/report.js";
export { addReviews, type Review, readReviews } from "./studies/audit/reviews.js";
export { type ClipDissected, type ClipDissectOptions, clipDissect } from "./studies/baselines/clip-dissect.js";
export { type CompexpOptions, type Explained, Explainer, type Formula, queryOf } from "./studies/baselines/compexp.js";
export { type ExplainOptions, type Explanations, explainRun } from "./studies/baselines/explain-run.js";
export { countDetectors, type Detectors, explanationsTable, wordsOf } from "./studies/baselines/report.js";
export { SIMILARITIES, type Similarity, type SimilarityName, similarity } from "./studies/baselines/similarities.js";
export { type Edit, type EditCurve, type EditOptions, edit } from "./studies/editing/edit.js";
export { type FineTuned, type FineTuneOptions, fineTune } from "./studies/editing/fine-tune.js";
export type { FineTuning, TunedOutcome } from "./studies/editing/fine-tune-edit.js";
export { writeEdit } from "./studies/editing/report.js";
export { type SpuriousOptions, type SpuriousSet, writeSpurious } from "./studies/editing/spurious.js";
export { openConcepts } from "./studies/faithfulness/concept-predictor.js";
export {
  type Concept,
  type ConceptsFile,
  type Region,
  readConcepts,
  writeConcepts,
} from "./studies/faithfulness/concepts-file.js";
export { type ImageTextOptions, openImageText } from "./studies/faithfulness/image-text.js";
export type { Judged, Reason } from "./studies/faithfulness/judge-layer.js";
export type { Predictor } from "./studies/faithfulness/predictor.js";
export { type LayerSummary, summarise, writeFaithfulness } from "./studies/faithfulness/report.js";
export { type Verification, type VerifyOptions, verifyRun } from "./studies/faithfulness/verify.js";
export {
  type GeneralizeOptions,
  generalize,
  type Labelled,
  type Outcome,
} from "./studies/generalization/generalize.js";
export { PROTOCOLS, type Protocol } from "./studies/generalization/protocol.js";
export { summarise as summariseOutcomes } from "./studies/generalization/report.js";
export { worldsFor } from "./studies/generalization/worlds.js";
export { type GradeOptions, type Grades, gradeClaims, gradeRun } from "./studies/grading/grade.js";
export type { Graded, GradedLayer } from "./studies/grading/grade-layer.js";
export { notation } from "./studies/grading/notation.js";
export { type Reading, readDescription } from "./studies/grading/read.js";
export { gradesTable, writeGrades } from "./studies/grading/report.js";
export { openSegmenter, type SegmenterOptions } from "./studies/segmenter.js";
export { type TrainClassifierOptions, type TrainedClassifier, trainClassifier } from "./studies/train-classifier.js";
export { CLASSIFIERS, type ClassifierNetwork } from "./studies/train-classifier-networks.js";
export { exportTable } from "./studio/export.js";
export { exportBatch } from "./studio/mturk-export.js";
export { importResults } from "./studio/mturk-import.js";
export { proposeQualification, type Qualification, readQualification } from "./studio/qualification.js";
export { type StudioOptions, serveStudio } from "./studio/server.js";
export { type Settings as StudySettings, Study, studyPath, type UnitChoice } from "./studio/study.js";
export { alexnet } from "./zoo/alexnet.js";
export { bigganDiscriminator } from "./zoo/biggan-discriminator.js";
export { bigganGenerator, latentPieces } from "./zoo/biggan-generator.js";
export { dcganDiscriminator, dcganGenerator } from "./zoo/dcgan.js";
export { inferenceModel } from "./zoo/inference.js";
export { resnet } from "./zoo/resnet.js";
export { loadState } from "./zoo/state.js";
export { vgg } from "./zoo/vgg.js";
export { VIT_B16, VIT_S8, VIT_SMALL, vit } from "./zoo/vit.js";
