using System.Globalization;
using System.Text;
using System.Text.Json;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Npm;

namespace SimulationManager.Tests.RosMessages;

/// <summary>Compares with another implementation (<see cref="NpmPackages"/>). Skipped where there is no node.</summary>
public class FoxgloveTests
{
    /// <summary>As rosidl_adapter generates it from a <c>.msg</c>.</summary>
    private const string Idl = """
        ================================================================================
        IDL: demo_msgs/msg/Thing
        // generated from rosidl_adapter/resource/msg.idl.em
        #include "geometry_msgs/msg/Point.idl"
        module demo_msgs {
          module msg {
            typedef double double__36[36];
            typedef geometry_msgs::msg::Point geometry_msgs__msg__Point;
            typedef geometry_msgs__msg__Point geometry_msgs__msg__Point__2[2];
            module Thing_Constants {
              @verbatim (language="comment", text="one" "\n" "two")
              const uint8 FIRST = 1;
            };
            @verbatim (language="comment", text="what it is")
            struct Thing {
              @default (value=-7)
              @unit (value="m")
              int16 one;

              double__36 covariance;
              geometry_msgs__msg__Point__2 points;
              sequence<geometry_msgs::msg::Point> more;
              sequence<uint8, 4> few;
              string name;
              octet raw;
              boolean flag;
            };
          };
        };

        ================================================================================
        IDL: geometry_msgs/msg/Point
        module geometry_msgs { module msg { struct Point { double x; double y; double z; }; }; };

        """;

    [Fact]
    public async Task Built_in_definitions_equal_those_of_each_release()
    {
        RosDistro[] distros = [RosDistro.Galactic, RosDistro.Humble, RosDistro.Iron, RosDistro.Jazzy];

        var theirs = await AskAsync<Dictionary<string, Dictionary<string, string[]>>>("builtins", distros.Select(PackageName));

        foreach (var distro in distros)
        {
            var types = theirs[PackageName(distro)].Where(type => !type.Key.StartsWith("test_msgs/", StringComparison.Ordinal)).ToArray();
            Assert.InRange(types.Length, 140, 200);
            foreach (var (name, lines) in types)
            {
                var type = BuiltInDefinitions.Find(name, distro)?.Root ?? throw new InvalidOperationException($"{name} is not built in.");
                Assert.Equal((distro, name, Text: string.Join('\n', Sorted(lines))), (distro, name, Text: string.Join('\n', Sorted(Lines(type)))));
            }
        }

        static string PackageName(RosDistro distro) => $"ros2{distro.ToString().ToLowerInvariant()}";
    }

    [Fact]
    public async Task Definitions_are_read_alike()
    {
        (string Type, string Text, string Encoding)[] definitions =
        [
            .. Bags.Messages.DistinctBy(message => message.Schema.Root.Name).Select(message => (message.Schema.Root.Name, message.Definition, "ros2msg")),
            ("demo_msgs/msg/Thing", Idl, "ros2idl"),
        ];

        var theirs = await AskAsync<Dictionary<string, string[]>[]>("definitions", definitions.Select(definition => new { text = definition.Text, encoding = definition.Encoding }));

        foreach (var ((name, text, encoding), answer) in definitions.Zip(theirs))
        {
            var root = MessageSchema.Parse(name, text, encoding).Root;
            var lines = answer.Values.First(lines => lines.Length == 0 || !lines.All(line => line.Contains(" =", StringComparison.Ordinal)));
            Assert.Equal(
                lines.Where(line => !line.Contains(" =", StringComparison.Ordinal)).Select(line => line.Replace("/msg/", "/", StringComparison.Ordinal)),
                Lines(root).Where(line => !line.Contains(" =", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Every_message_of_every_bag_is_read_and_written_alike()
    {
        var types = Bags.Messages.GroupBy(message => message.Definition).Select(type => (type.Key, Messages: type.Select(message => (message.Schema, message.Payload)).ToArray())).ToArray();

        // What some writers leave in the padding, others write as zero.
        Assert.Equal(2, await CompareAsync(types));
    }

    [Fact]
    public async Task Random_messages_of_every_type_are_read_and_written_alike()
    {
        CdrForm[] forms = [CdrForm.LittleEndian, new CdrForm { Representation = CdrRepresentation.Cdr1BigEndian }];
        // Left out is what the other implementation does not read: services, wstring, messages of constants only.
        var types = TestTypes.All
            .Where(schema => schema.Root.Name.Contains("/msg/", StringComparison.Ordinal))
            .Where(schema => schema.Types.All(type => type.Fields.All(field => field.Type.Kind != FieldKind.WString)))
            .Where(schema => schema.Root.Constants.Count == 0 || schema.Root.Fields[0].Name != MessageType.Placeholder)
            .Select((schema, index) =>
            {
                var codec = new MessageCodec(schema);
                var messages = TestTypes.Messages(codec, index, count: 3, plain: true);
                return (BuiltInDefinitions.FindText(schema.Root.Name, RosDistro.Kilted)!, messages.SelectMany(message => forms.Select(form => (schema, codec.Encode(message, form)))).ToArray());
            }).ToArray();

        Assert.InRange(types.Length, 170, 300);
        Assert.Equal(types.Sum(type => type.Item2.Length) / 2, await CompareAsync(types));
    }

    /// <summary>Has each message read by the other implementation and compared with this one's JSON, and what the JSON says written by it.</summary>
    /// <returns>How many payloads it writes in another way: always in little-endian, and with zeros as padding.</returns>
    private static async Task<int> CompareAsync((string Definition, (MessageSchema Schema, byte[] Payload)[] Messages)[] types)
    {
        var questions = types.Select(type => new
        {
            text = type.Definition,
            encoding = "ros2msg",
            messages = type.Messages.Select(message => new
            {
                payload = Convert.ToBase64String(message.Payload),
                json = Encoding.UTF8.GetString(MessageCodecTests.Json(new MessageCodec(message.Schema), message.Payload)),
            }),
        });
        var answers = await AskAsync<Answer[][]>("compare", questions);
        var written = 0;
        foreach (var ((schema, payload), answer) in types.Zip(answers).SelectMany(type => type.First.Messages.Zip(type.Second)))
        {
            Assert.True(answer.difference is null, $"{schema.Root.Name}{answer.difference}");
            Assert.InRange(payload.Length - answer.read, 0, 3);
            var theirs = Convert.FromBase64String(answer.written!);
            var codec = new MessageCodec(schema);
            Assert.Equal(codec.Encode(codec.Decode(payload)), theirs);
            if (!payload.AsSpan(0, Math.Min(theirs.Length, payload.Length)).SequenceEqual(theirs))
                written++;
        }

        return written;
    }

    private static IEnumerable<string> Lines(MessageType type) =>
    [
        .. type.Constants.Select(constant => $"{TypeText(constant.Type)} {constant.Name} ={ValueText(constant.Value)}"),
        .. type.Fields.Where(field => field.Name != MessageType.Placeholder).Select(field => $"{TypeText(field.Type)} {field.Name}{(field.Default is null ? "" : $" {ValueText(field.Default)}")}"),
    ];

    /// <summary>Constants may stand between fields: the order counts among each only.</summary>
    private static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.OrderBy(line => !line.Contains(" =", StringComparison.Ordinal));

    private static string TypeText(FieldType type) => type.ToString()
        .Replace("builtin_interfaces/msg/Time", "time", StringComparison.Ordinal)
        .Replace("builtin_interfaces/msg/Duration", "duration", StringComparison.Ordinal)
        .Replace("/msg/", "/", StringComparison.Ordinal) switch
    {
        var text when type.Kind is FieldKind.Byte => text.Replace("byte", "uint8", StringComparison.Ordinal),
        var text when type.Kind is FieldKind.Char => text.Replace("char", "uint8", StringComparison.Ordinal),
        var text => text,
    };

    private static string ValueText(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Array array => string.Join(',', array.Cast<object>().Select(ValueText)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private sealed record Answer(string? difference, string? written, int read);

    private static async Task<TAnswer> AskAsync<TAnswer>(string command, object question) =>
        JsonSerializer.Deserialize<TAnswer>(await NpmPackages.RunAsync("rosmsg.mjs", [command], JsonSerializer.Serialize(question)))!;
}
