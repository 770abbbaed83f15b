// Writes a model as an ONNX graph that takes the raw features: airports are looked up inside the graph.
// Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
import protobuf from 'protobufjs';

const optional = (type, id) => ({ type, id });
const repeated = (type, id) => ({ rule: 'repeated', type, id });

const schema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: optional('int64', 1),
        producerName: optional('string', 2),
        graph: optional('Graph', 7),
        opsetImport: repeated('Opset', 8),
      },
    },
    Opset: { fields: { domain: optional('string', 1), version: optional('int64', 2) } },
    Graph: {
      fields: {
        node: repeated('Node', 1),
        name: optional('string', 2),
        input: repeated('ValueInfo', 11),
        output: repeated('ValueInfo', 12),
      },
    },
    Node: {
      fields: {
        input: repeated('string', 1),
        output: repeated('string', 2),
        name: optional('string', 3),
        opType: optional('string', 4),
        attribute: repeated('Attribute', 5),
        domain: optional('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: optional('string', 1),
        f: optional('float', 2),
        i: optional('int64', 3),
        s: optional('bytes', 4),
        floats: { rule: 'repeated', type: 'float', id: 7, options: { packed: false } },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        strings: repeated('bytes', 9),
        type: optional('int32', 20),
      },
    },
    ValueInfo: { fields: { name: optional('string', 1), type: optional('Type', 2) } },
    Type: { fields: { tensorType: optional('TensorType', 1) } },
    TensorType: { fields: { elemType: optional('int32', 1), shape: optional('Shape', 2) } },
    Shape: { fields: { dim: repeated('Dimension', 1) } },
    Dimension: { fields: { dimValue: optional('int64', 1), dimParam: optional('string', 2) } },
  },
});

const FLOAT = 1;
const INT64 = 7;
const STRING = 8;
const ML = 'ai.onnx.ml';

const text = (value) => Buffer.from(value, 'utf8');
const attribute = {
  float: (name, f) => ({ name, f, type: 1 }),
  int: (name, i) => ({ name, i, type: 2 }),
  string: (name, s) => ({ name, s: text(s), type: 3 }),
  floats: (name, floats) => ({ name, floats, type: 6 }),
  ints: (name, ints) => ({ name, ints, type: 7 }),
  strings: (name, strings) => ({ name, strings: strings.map(text), type: 8 }),
};

const column = (name, elemType) => ({
  name,
  type: { tensorType: { elemType, shape: { dim: [{ dimParam: 'rows' }, { dimValue: 1 }] } } },
});

const lookup = (name, { values, fallback }) => {
  const airports = [...values.keys()].sort();
  return {
    opType: 'LabelEncoder',
    domain: ML,
    name: `encode_${name}`,
    input: [name],
    output: [`${name}_share`],
    attribute: [
      attribute.strings('keys_strings', airports),
      attribute.floats(
        'values_floats',
        airports.map((airport) => values.get(airport)),
      ),
      attribute.float('default_float', fallback),
    ],
  };
};

/** Every tree's nodes behind each other, as the operator wants them. */
const ensemble = ({ base, trees }) => {
  const nodes = trees.flatMap((tree, treeId) => tree.map((node, nodeId) => ({ ...node, treeId, nodeId })));
  const leaves = nodes.filter((node) => node.value !== undefined);
  const of = (pick) => nodes.map(pick);
  return {
    opType: 'TreeEnsembleRegressor',
    domain: ML,
    name: 'trees',
    input: ['features'],
    output: ['log_odds'],
    attribute: [
      attribute.int('n_targets', 1),
      attribute.string('aggregate_function', 'SUM'),
      attribute.string('post_transform', 'NONE'),
      attribute.floats('base_values', [base]),
      attribute.ints(
        'nodes_treeids',
        of((node) => node.treeId),
      ),
      attribute.ints(
        'nodes_nodeids',
        of((node) => node.nodeId),
      ),
      attribute.ints(
        'nodes_featureids',
        of((node) => node.feature ?? 0),
      ),
      attribute.floats(
        'nodes_values',
        of((node) => node.threshold ?? 0),
      ),
      attribute.strings(
        'nodes_modes',
        of((node) => (node.value === undefined ? 'BRANCH_LEQ' : 'LEAF')),
      ),
      attribute.ints(
        'nodes_truenodeids',
        of((node) => node.left ?? 0),
      ),
      attribute.ints(
        'nodes_falsenodeids',
        of((node) => node.right ?? 0),
      ),
      attribute.ints(
        'nodes_missing_value_tracks_true',
        of(() => 0),
      ),
      attribute.ints(
        'target_treeids',
        leaves.map((leaf) => leaf.treeId),
      ),
      attribute.ints(
        'target_nodeids',
        leaves.map((leaf) => leaf.nodeId),
      ),
      attribute.ints(
        'target_ids',
        leaves.map(() => 0),
      ),
      attribute.floats(
        'target_weights',
        leaves.map((leaf) => leaf.value),
      ),
    ],
  };
};

/** @returns {Uint8Array} */
export const toOnnx = (model, encoders) =>
  schema
    .lookupType('Model')
    .encode({
      irVersion: 8,
      producerName: 'flight-delay',
      opsetImport: [
        { domain: '', version: 15 },
        { domain: ML, version: 3 },
      ],
      graph: {
        name: 'flight-delay',
        input: [
          column('origin', STRING),
          column('destination', STRING),
          column('hour', FLOAT),
          column('weekday', INT64),
          column('distance', FLOAT),
        ],
        output: [column('probability', FLOAT)],
        node: [
          lookup('origin', encoders.origin),
          lookup('destination', encoders.destination),
          {
            opType: 'Cast',
            name: 'weekday_number',
            input: ['weekday'],
            output: ['weekday_number'],
            attribute: [attribute.int('to', FLOAT)],
          },
          {
            opType: 'Concat',
            name: 'together',
            input: ['origin_share', 'destination_share', 'hour', 'weekday_number', 'distance'],
            output: ['features'],
            attribute: [attribute.int('axis', 1)],
          },
          ensemble(model),
          { opType: 'Sigmoid', name: 'probability', input: ['log_odds'], output: ['probability'] },
        ],
      },
    })
    .finish();
