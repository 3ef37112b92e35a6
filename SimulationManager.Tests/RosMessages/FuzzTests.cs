using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>
/// Damages payloads, definitions and JSON. Whatever comes out must be an error of this library, or a message that is the same
/// once more: no crash, no hang. The long run (rounds of each kind; an hour are about 20,000,000):
/// <c>FUZZ_MESSAGES=1000000 dotnet test SimulationManager.Tests --filter FullyQualifiedName~RosMessages.FuzzTests --logger "console;verbosity=detailed"</c>
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int ShortRun = 4_000;

    private static readonly string[] s_tokens =
    [
        "[", "]", "<=", "=", "#", "---\n", "\n===\nMSG: a/B\n", "string", "uint8", "float64", "[2]", "[<=3]", "[]", " ", "\n", "\"", "'", "9", "0", "-1",
        "Header", "std_msgs/Header", "a/B", "wstring", "sequence<", ">", "{", "}", ";", "@default(value=", "\\", "\0", "\ud800", "한", "module a {", "typedef", "::",
    ];

    [Fact]
    public void Damaged_payloads_end_in_an_error_or_in_a_message()
    {
        var types = Bags.Messages.Where(message => message.Payload.Length < 4_000).GroupBy(message => message.Schema.Root.Name)
            .Select(type => new Subject(type.First().Schema, [.. type.Take(5).Select(message => message.Payload)]))
            .Append(OddSubject()).ToArray();
        Run("payloads", random =>
        {
            var subject = types[random.Next(types.Length)];
            return subject.Check(Damage(random, subject.Payloads[random.Next(subject.Payloads.Length)]));
        });
    }

    [Fact]
    public void Damaged_definitions_end_in_an_error_or_in_a_type()
    {
        (string Type, string Text, string Encoding)[] definitions =
        [
            .. Bags.Messages.DistinctBy(message => message.Definition).Select(message => (message.Schema.Root.Name, message.Definition, "ros2msg")),
            ("demo_msgs/msg/Thing", IdlParserTests.Example, "ros2idl"),
            ("tf2_msgs/action/LookupTransform_FeedbackMessage", BuiltInDefinitions.FindText("tf2_msgs/action/LookupTransform", RosDistro.Jazzy)!, "ros2msg"),
        ];
        Run("definitions", random =>
        {
            var (type, text, encoding) = definitions[random.Next(definitions.Length)];
            var schema = MessageSchema.Parse(type, Damage(random, text), encoding);
            Assert.Matches("^RIHS01_", TypeHash.Compute(schema));
            var codec = new MessageCodec(schema);
            Assert.NotNull(new PayloadRewriter(schema));
            var payload = codec.Encode(codec.Create());
            return new Subject(schema, [payload]).Check(payload);
        });
    }

    [Fact]
    public void Damaged_json_ends_in_an_error_or_in_a_message()
    {
        var types = Bags.Messages.Where(message => message.Payload.Length < 4_000).DistinctBy(message => message.Schema.Root.Name)
            .Select(message => (Codec: new MessageCodec(message.Schema), Json: Encoding.UTF8.GetString(MessageCodecTests.Json(new MessageCodec(message.Schema), message.Payload)))).ToArray();
        Run("JSON", random =>
        {
            var (codec, json) = types[random.Next(types.Length)];
            var bytes = Encoding.UTF8.GetBytes(Damage(random, json));
            if (random.Next(4) == 0)
                bytes = Damage(random, bytes);
            var payload = codec.Encode(codec.ReadJson(bytes));
            Assert.Equal(payload, codec.Encode(codec.ReadJson(MessageCodecTests.Json(codec, payload))));
            return true;
        });
    }

    /// <summary>Runs a round until the number asked for; an error of the library is an answer, any other exception fails.</summary>
    private void Run(string what, Func<Random, bool> round)
    {
        var rounds = Setting("FUZZ_MESSAGES", ShortRun);
        var seed = Setting("FUZZ_SEED", Random.Shared.Next());
        var (accepted, watch) = (0, Stopwatch.StartNew());
        for (var i = 0; i < rounds; i++)
        {
            try
            {
                accepted += round(new Random(seed + i)) ? 1 : 0;
            }
            catch (RosMessageException)
            {
                // What damaged input is for.
            }
            catch (Exception error)
            {
                Assert.Fail($"FUZZ_SEED={seed + i} FUZZ_MESSAGES=1: {error}");
            }
        }

        output.WriteLine($"{what}: {rounds} rounds from FUZZ_SEED={seed} in {watch.Elapsed}, {accepted} accepted, {GC.GetTotalMemory(forceFullCollection: true) / 1_000_000} MB in use");
        Assert.True(rounds < ShortRun || accepted > 0, "Nothing was accepted: the damage is too great to find anything.");
    }

    private static byte[] Damage(Random random, byte[] payload)
    {
        var damaged = (byte[])payload.Clone();
        for (var left = random.Next(1, 4); left > 0 && damaged.Length > 4; left--)
        {
            var at = random.Next(random.Next(8) == 0 ? 0 : 4, damaged.Length);
            switch (random.Next(5))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1 when at + 4 <= damaged.Length:
                    uint[] lengths = [0, 1, 2, 5, 255, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, (uint)damaged.Length];
                    BinaryPrimitives.WriteUInt32LittleEndian(damaged.AsSpan(at & ~3), lengths[random.Next(lengths.Length)]);
                    break;
                case 2:
                    damaged = damaged[..at];
                    break;
                case 3:
                    damaged = [.. damaged[..at], .. damaged[random.Next(damaged.Length)..], .. damaged[at..]];
                    break;
                default:
                    damaged[1] = new byte[] { 0, 1, 6, 7 }[random.Next(4)];
                    break;
            }
        }

        return damaged;
    }

    private static string Damage(Random random, string text)
    {
        for (var left = random.Next(1, 4); left > 0 && text.Length > 0; left--)
        {
            var (at, other) = (random.Next(text.Length), random.Next(text.Length));
            var length = Math.Min(random.Next(20), text.Length - at);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, s_tokens[random.Next(s_tokens.Length)]),
                2 => text.Insert(other, text.Substring(at, length)),
                _ => text.Remove(at, 1).Insert(at, s_tokens[random.Next(s_tokens.Length)]),
            };
        }

        return text;
    }

    private static Subject OddSubject()
    {
        var schema = TestTypes.Find("demo_msgs/msg/Odd");
        var codec = new MessageCodec(schema);
        return new Subject(schema, [.. TestTypes.Messages(codec, seed: 1, count: 5).Zip(TestTypes.Forms.Where(form => form.WideStrings == default), (message, form) => codec.Encode(message, form))]);
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;

    /// <summary>A type, sound payloads of it, and everything that reads them.</summary>
    private sealed class Subject(MessageSchema schema, byte[][] payloads)
    {
        private static readonly PayloadChange s_change =
            new(StampChange.By(1_000), new FrameNames("r/", new Dictionary<string, string> { ["map"] = "the_map" }), new PositionOffset(1, 2));

        private readonly MessageCodec _codec = new(schema);
        private readonly PayloadRewriter _rewriter = new(schema, ["map", "odom"]);
        private readonly FieldAccessor _last = new(schema, schema.Root.Fields[^1].Name);

        public byte[][] Payloads => payloads;

        /// <returns>Whether the payload is a message. What decodes must be the same as JSON, rewritten, and once more encoded.</returns>
        public bool Check(byte[] payload)
        {
            Quietly(() => _last.ReadText(payload));
            Quietly(() => _last.ReadFloat64s(payload, new double[3]));
            var rewritten = Rewrite(payload, s_change);
            Rewrite(payload, s_change with { Frames = null });
            Quietly(() => { foreach (var transform in new TransformReader(payload)) Assert.True(transform.FrameId.Length < payload.Length); });
            RosMessage? message = null;
            byte[]? json = null;
            byte[]? cbor = null;
            Quietly(() => message = _codec.Decode(payload));
            Quietly(() => json = MessageCodecTests.Json(_codec, payload));
            Quietly(() => cbor = CborTests.Cbor(_codec, payload));
            Assert.Equal((message is null, message is null), (json is null, cbor is null));
            if (message is null)
                return false;
            var encoded = _codec.Encode(message, CdrForm.Of(payload));
            Assert.Equal(json, MessageCodecTests.Json(_codec, encoded));
            Assert.Equal(cbor, CborTests.Cbor(_codec, encoded));
            Assert.Equal(encoded, _codec.Encode(_codec.ReadJson(json), CdrForm.Of(payload)));
            Assert.True(rewritten is RewriteStatus.Done or RewriteStatus.StampOutOfRange);
            return true;
        }

        private RewriteStatus Rewrite(byte[] payload, PayloadChange change)
        {
            var destination = new byte[change.Frames?.LongestPayload(payload.Length) ?? payload.Length];
            var status = _rewriter.Rewrite(payload, change, destination, out var written);
            Assert.NotEqual(RewriteStatus.DestinationTooSmall, status);
            Assert.Equal(status == RewriteStatus.Done, written > 0);
            return status;
        }

        private static void Quietly(Action action)
        {
            try
            {
                action();
            }
            catch (RosMessageException)
            {
                // Whether it may fail is what the decoder says.
            }
        }
    }
}
