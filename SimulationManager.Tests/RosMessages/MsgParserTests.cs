using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

public class MsgParserTests
{
    [Fact]
    public void Fields_constants_defaults_and_comments_are_told_apart()
    {
        var type = MessageSchema.Parse("demo_msgs/msg/Everything", """
            # a comment of the file
            bool flag true   # in words
            	# an indented comment
            byte  raw	0x1F
            char letter 65
            float32 ratio -1.5e-3 # [m]
            float64 far inf
            int8[3] triple [1, -2, 3]
            uint16[<=4] few [7]
            uint64 BIG=18446744073709551615
            int32 NEGATIVE = -5   # constant
            string NAME="a # in quotes"
            string PLAIN = some text # and a comment
            string<=10 label 'it\'s'
            wstring<=3[<=2] wide
            string[] words ["a,b", 'c']
            other_msgs/Thing[] things
            other_msgs/msg/Thing thing
            Local local
            time at
            duration[2] spans
            ===
            MSG: other_msgs/Thing
            uint8 x
            ================================================================================
            MSG: demo_msgs/Local
            uint8 x
            """).Root;

        Assert.Equal(
            [
                "bool flag=True", "byte raw=31", "uint8 letter=65", "float32 ratio=-0.0015", "float64 far=Infinity", "int8[3] triple=[1,-2,3]",
                "uint16[<=4] few=[7]", "string<=10 label=it's", "wstring<=3[<=2] wide", "string[] words=[a,b,c]", "other_msgs/msg/Thing[] things",
                "other_msgs/msg/Thing thing", "demo_msgs/msg/Local local", "builtin_interfaces/msg/Time at", "builtin_interfaces/msg/Duration[2] spans",
            ],
            type.Fields.Select(field => $"{field.Type} {field.Name}{Text(field.Default)}"));
        Assert.Equal(
            ["uint64 BIG=18446744073709551615", "int32 NEGATIVE=-5", "string NAME=a # in quotes", "string PLAIN=some text"],
            type.Constants.Select(constant => $"{constant.Type} {constant.Name}{Text(constant.Value)}"));
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        Array array => $"=[{string.Join(',', array.Cast<object>())}]",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"={value}"),
    };

    [Fact]
    public void Header_alone_is_of_the_package_itself_as_rosidl_has_it()
    {
        Assert.Throws<RosMessageException>(() => MessageSchema.Parse("demo_msgs/msg/A", "Header header"));
        Assert.Equal("std_msgs/msg/Header", MessageSchema.Parse("demo_msgs/msg/A", "std_msgs/Header header").Types[1].Name);
    }

    [Fact]
    public void Types_that_the_text_lacks_are_built_in()
    {
        var schema = MessageSchema.Parse("demo_msgs/Fix", "std_msgs/Header header\nint32 quality");

        Assert.Equal(["demo_msgs/msg/Fix", "std_msgs/msg/Header", "builtin_interfaces/msg/Time"], schema.Types.Select(type => type.Name));
    }

    [Fact]
    public void Message_without_fields_has_the_one_that_idl_asks_for()
    {
        var field = Assert.Single(MessageSchema.Parse("demo_msgs/msg/Nothing", "# no fields\nint32 ONE=1\n").Root.Fields);

        Assert.Equal(("structure_needs_at_least_one_member", FieldKind.UInt8), (field.Name, field.Type.Kind));
    }

    /// <summary>As rosbag2 stores the definition of a service's topic: with a heading, under the service's name.</summary>
    [Theory]
    [InlineData("================================================================================\nSRV: demo_msgs/srv/Ask\nother_msgs/Thing what\n---\nbool ok\n\n================================================================================\nMSG: other_msgs/Thing\nuint8 x\n", "ros2msg")]
    [InlineData("other_msgs/Thing what\n---\nbool ok\n===\nMSG: other_msgs/Thing\nuint8 x\n", "ros2msg")]
    [InlineData("================================================================================\nSRV: demo_msgs/srv/Ask\nother_msgs/Thing what\n---\nbool ok\n\n================================================================================\nMSG: other_msgs/Thing\n\n================================================================================\nIDL: other_msgs/Thing\nmodule other_msgs { module msg { struct Thing { uint8 x; }; }; };\n", "ros2idl")]
    public void Types_of_services_are_generated(string text, string encoding)
    {
        string[] Fields(string type) => [.. MessageSchema.Parse(type, text, encoding).Root.Fields.Select(field => $"{field.Type} {field.Name}")];

        Assert.Equal(["other_msgs/msg/Thing what"], Fields("demo_msgs/srv/Ask_Request"));
        Assert.Equal(["bool ok"], Fields("demo_msgs/srv/Ask_Response"));
        Assert.Equal(
            ["service_msgs/msg/ServiceEventInfo info", "demo_msgs/srv/Ask_Request[<=1] request", "demo_msgs/srv/Ask_Response[<=1] response"],
            Fields("demo_msgs/srv/Ask_Event"));
        Assert.Equal(3, Fields("demo_msgs/srv/Ask").Length);
        Assert.Contains(MessageSchema.Parse("demo_msgs/srv/Ask_Event", text, encoding).Types, type => type.Name == "other_msgs/msg/Thing" && type.Fields[0].Name == "x");
    }

    [Fact]
    public void Types_of_actions_are_generated()
    {
        const string Text = "int32 order\n---\nint32[] sequence\n---\nint32[] partial\n";

        string[] Fields(string type) => [.. MessageSchema.Parse(type, Text).Root.Fields.Select(field => $"{field.Type} {field.Name}")];

        Assert.Equal(["unique_identifier_msgs/msg/UUID goal_id", "demo_msgs/action/Count_Goal goal"], Fields("demo_msgs/action/Count_SendGoal_Request"));
        Assert.Equal(["bool accepted", "builtin_interfaces/msg/Time stamp"], Fields("demo_msgs/action/Count_SendGoal_Response"));
        Assert.Equal(["int8 status", "demo_msgs/action/Count_Result result"], Fields("demo_msgs/action/Count_GetResult_Response"));
        Assert.Equal(["unique_identifier_msgs/msg/UUID goal_id", "demo_msgs/action/Count_Feedback feedback"], Fields("demo_msgs/action/Count_FeedbackMessage"));
        Assert.Equal(3, Fields("demo_msgs/action/Count_GetResult_Event").Length);
        Assert.Equal(6, Fields("demo_msgs/action/Count").Length);
    }

    [Theory]
    [InlineData("int32", "without a name")]
    [InlineData("int32 9lives", "unusable or repeated name")]
    [InlineData("int32 a\nint8 a", "unusable or repeated name")]
    [InlineData("int32[0] a", "bound '0'")]
    [InlineData("int32[-1] a", "bound '-1'")]
    [InlineData("int32[99999999999] a", "bound '99999999999'")]
    [InlineData("int32<=4 a", "type 'int32<=4'")]
    [InlineData("string<=x a", "bound 'x'")]
    [InlineData("int32] a", "type 'int32]'")]
    [InlineData("int8 a 200", "is no int8")]
    [InlineData("uint8 A=-1", "is no uint8")]
    [InlineData("uint64 A=99999999999999999999999999999999999999999999", "is no uint64")]
    [InlineData("bool a maybe", "is no bool")]
    [InlineData("int32[2] a [1]", "is no int32[2]")]
    [InlineData("a/b/c/d e", "not the name of a message type")]
    [InlineData("../etc/passwd e", "not the name of a message type")]
    [InlineData("int32 a\n===\nint32 b", "After a line of '='")]
    public void Text_that_is_no_definition_is_an_error(string text, string reason)
    {
        var error = Assert.Throws<RosMessageException>(() => MessageSchema.Parse("demo_msgs/msg/A", text));

        Assert.Equal(RosMessageError.DefinitionInvalid, error.Error);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Type_that_is_nowhere_is_an_error_that_says_who_uses_it()
    {
        var error = Assert.Throws<RosMessageException>(() => MessageSchema.Parse("demo_msgs/msg/A", "demo_msgs/B b\n===\nMSG: demo_msgs/B\ndemo_msgs/C[] c"));

        Assert.Equal((RosMessageError.TypeUnknown, "There is no definition of demo_msgs/msg/C, which demo_msgs/msg/B uses."), (error.Error, error.Message));
    }

    [Theory]
    [InlineData("A a")]
    [InlineData("B[] b\n===\nMSG: demo_msgs/B\nC c\n===\nMSG: demo_msgs/C\nA[<=1] a")]
    [InlineData("B b\n===\nMSG: demo_msgs/B\nB[3] b")]
    public void Type_that_contains_itself_is_an_error(string text)
    {
        var error = Assert.Throws<RosMessageException>(() => MessageSchema.Parse("demo_msgs/msg/A", text));

        Assert.Equal(RosMessageError.DefinitionRecursive, error.Error);
    }

    [Fact]
    public void Definitions_that_cost_too_much_are_refused()
    {
        var deep = string.Concat(Enumerable.Range(0, 80).Select(i => $"\n===\nMSG: demo_msgs/T{i}\nT{i + 1} next"));
        // Each type alone is shallow once those that it uses are known.
        var deepByParts = string.Concat(Enumerable.Range(0, 80).Select(i => $"T{79 - i} f{i}\n")) + deep + "\n===\nMSG: demo_msgs/T80\nint8 x";
        var wide = string.Concat(Enumerable.Range(0, 10_001).Select(i => $"int8 f{i}\n"));
        var many = string.Concat(Enumerable.Range(0, 2_001).Select(i => $"\n===\nMSG: demo_msgs/T{i}\nint8 x"));
        foreach (var text in new[] { "T0 t" + deep, deepByParts, wide, "int8 x" + many, new string(' ', 5_000_000) })
        {
            var error = Assert.Throws<RosMessageException>(() => MessageSchema.Parse("demo_msgs/msg/A", text));
            Assert.Equal(RosMessageError.DefinitionTooLarge, error.Error);
        }
    }

    [Fact]
    public void Messages_that_grow_out_of_small_definitions_are_refused()
    {
        // Ten levels of ten fields each are ten thousand million values.
        var fields = string.Concat(Enumerable.Range(0, 10).Select(i => $"T@ f{i}\n"));
        var wide = string.Concat(Enumerable.Range(0, 10).Select(level =>
            $"\n===\nMSG: demo_msgs/T{level}\n{(level == 9 ? "int8 x" : fields.Replace("@", $"{level + 1}", StringComparison.Ordinal))}"));
        foreach (var text in new[] { "T0 t" + wide, "uint8[2000000000] x", "T0[1000] t\n===\nMSG: demo_msgs/T0\nT1[1000] t\n===\nMSG: demo_msgs/T1\nint64[1000] x" })
        {
            var schema = MessageSchema.Parse("demo_msgs/msg/A", text);
            Assert.Equal(RosMessageError.DefinitionTooLarge, Assert.Throws<RosMessageException>(() => new MessageCodec(schema)).Error);
            Assert.Equal(RosMessageError.DefinitionTooLarge, Assert.Throws<RosMessageException>(() => new PayloadRewriter(schema)).Error);
        }

        // A million values that fit, but not once they are spread out.
        var spread = MessageSchema.Parse("demo_msgs/msg/A", "T4 t" + wide);
        Assert.NotNull(new MessageCodec(spread).Create());
        Assert.Equal(RosMessageError.DefinitionTooLarge, Assert.Throws<RosMessageException>(() => new PayloadRewriter(spread)).Error);
    }
}
