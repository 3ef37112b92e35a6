using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>All built-in types, and some that have what those lack.</summary>
internal static class TestTypes
{
    private const string Odd = """
        bool[] flags
        wstring wide
        wstring<=4[] wides
        string[3] names
        string<=6[<=2] bounded
        uint8 small
        Empty[] empties
        Empty nothing
        Mixed[2] pairs
        Mixed[] more
        std_msgs/Header[] headers
        uint8 b
        Deep deep
        uint64[] large
        int8 e
        Packed[] packed
        Packed[3] packed_fixed
        string target_frame_id
        builtin_interfaces/Time stamp
        float32[<=3] few
        int64 last
        ===
        MSG: demo_msgs/Empty
        ===
        MSG: demo_msgs/Mixed
        float64 x
        uint8 y
        ===
        MSG: demo_msgs/Packed
        float64 x
        float32 y
        float32 z
        ===
        MSG: demo_msgs/Deep
        string frame_id
        uint16 q
        Deeper[] deeper
        ===
        MSG: demo_msgs/Deeper
        uint8 p
        builtin_interfaces/Time stamp
        string child_frame_id
        float64 w
        """;

    public static IEnumerable<MessageSchema> All =>
        BuiltInDefinitions.Names.Where(name => name.Contains("/msg/", StringComparison.Ordinal)).Append("rcl_interfaces/srv/SetParameters_Event")
            .Append("tf2_msgs/action/LookupTransform_GetResult_Response").Select(name => BuiltInDefinitions.Find(name, RosDistro.Kilted)!)
            .Append(MessageSchema.Parse("demo_msgs/msg/Odd", Odd));

    public static MessageSchema Find(string name) => All.Single(schema => schema.Root.Name == name);

    /// <summary>Random messages of a type.</summary>
    public static IEnumerable<RosMessage> Messages(MessageCodec codec, int seed, int count, bool plain = false)
    {
        var codecs = codec.Schema.Types.ToDictionary(type => type.Name, type => new MessageCodec(MessageSchema.Resolve(type.Name, codec.Schema.Types.ToDictionary(used => used.Name), RosDistro.Kilted)));
        var random = new RandomMessages(seed) { IsPlain = plain, NewMessageOf = name => codecs[name].Create() };
        return Enumerable.Range(0, count).Select(_ => random.Fill(codec.Create()));
    }

    public static readonly CdrForm[] Forms =
    [
        .. from representation in Enum.GetValues<CdrRepresentation>()
           from pads in new[] { false, true }
           from wide in Enum.GetValues<WideStringForm>()
           select new CdrForm { Representation = representation, PadsToFourBytes = pads, WideStrings = wide, Options = pads ? 3 : 0 },
    ];
}
