using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

public class IdlParserTests
{
    internal const string Example = """
        // generated from rosidl_adapter/resource/msg.idl.em
        #include "geometry_msgs/msg/Point.idl"
        #include "std_msgs/msg/Header.idl"

        module demo_msgs {
          module msg {
            typedef double double__36[36];
            typedef geometry_msgs::msg::Point geometry_msgs__msg__Point;
            typedef geometry_msgs__msg__Point geometry_msgs__msg__Point__2[2];
            module Thing_Constants {
              @verbatim (language="comment", text=
                "a constant (of sorts)" "\n"
                "on two lines")
              const uint8 FIRST = 1;
              const string NAME = "a \"name\"";
              const wstring WIDE = L"w";
              const boolean YES = TRUE;
              const double SMALL = -1.5e-3;
              const unsigned long SIZE = 5;
            };
            @verbatim (language="comment", text="what it is")
            struct Thing {
              std_msgs::msg::Header header;

              @default (value=-7)
              @unit (value="m")
              short one, two;
              @range(min=-10, max=10) @key
              long three;
              unsigned long long four;
              long long five;
              unsigned short six;
              octet seven;
              char eight;
              @default (value="(1, 2)")
              sequence<uint8, 2> nine;
              sequence<string<3>> ten;
              wstring<Thing_Constants::SIZE> eleven;
              double__36 covariance;
              geometry_msgs__msg__Point__2 points;
              float array[Thing_Constants::SIZE];
              @default (value=TRUE) boolean twelve;
              Mode mode;
            };
          };
        };

        ================================================================================
        IDL: geometry_msgs/msg/Point
        module geometry_msgs { module msg { /* a struct */ struct Point { double x; double y; double z; }; }; };
        """;

    [Fact]
    public void Structures_typedefs_constants_and_annotations_are_read()
    {
        var text = Example.Replace("module Thing_Constants {", "enum Mode { @value(0) OFF, ON };\n    module Thing_Constants {", StringComparison.Ordinal);
        var schema = MessageSchema.Parse("demo_msgs/msg/Thing", $"{new string('=', 80)}\nIDL: demo_msgs/msg/Thing\n{text}", "ros2idl");

        Assert.Equal(
            [
                "std_msgs/msg/Header header", "int16 one=-7", "int16 two=-7", "int32 three", "uint64 four", "int64 five", "uint16 six", "byte seven", "char eight",
                "uint8[<=2] nine=2", "string<=3[] ten", "wstring<=5 eleven", "float64[36] covariance", "geometry_msgs/msg/Point[2] points", "float32[5] array",
                "bool twelve=True", "uint32 mode",
            ],
            schema.Root.Fields.Select(field => $"{field.Type} {field.Name}{field.Default switch { null => "", Array array => $"={array.Length}", var value => $"={value}" }}"));
        Assert.Equal(
            ["FIRST=1", "NAME=a \"name\"", "WIDE=w", "YES=True", "SMALL=-0.0015", "SIZE=5"],
            schema.Root.Constants.Select(constant => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{constant.Name}={constant.Value}")));
        Assert.Equal(["builtin_interfaces/msg/Time", "demo_msgs/msg/Thing", "geometry_msgs/msg/Point", "std_msgs/msg/Header"], schema.Types.Select(type => type.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Services_and_actions_are_recognised_by_their_structures()
    {
        const string Service = "module a { module srv { struct Ask_Request { long x; }; struct Ask_Response { long y; }; }; };";
        const string Action = "module a { module action { struct Go_Goal { long x; }; struct Go_Result { long y; }; struct Go_Feedback { long z; }; }; };";

        Assert.Equal(3, MessageSchema.Parse("a/srv/Ask_Event", Service, "ros2idl").Root.Fields.Count);
        Assert.Equal(2, MessageSchema.Parse("a/action/Go_FeedbackMessage", Action, "ros2idl").Root.Fields.Count);
    }

    [Fact]
    public void Same_type_in_both_languages_has_the_same_hash()
    {
        const string Msg = "std_msgs/Header header\nstring<=3[] names\nfloat64[36] covariance\nbyte raw\nchar letter\ngeometry_msgs/Point[<=4] points\n";
        const string Idl = """
            module demo_msgs { module msg { typedef double double__36[36];
              struct A { std_msgs::msg::Header header; sequence<string<3>> names; double__36 covariance; octet raw; uint8 letter; sequence<geometry_msgs::msg::Point, 4> points; };
            }; };
            """;

        Assert.Equal(TypeHash.Compute(MessageSchema.Parse("demo_msgs/msg/A", Msg)), TypeHash.Compute(MessageSchema.Parse("demo_msgs/msg/A", Idl, "ros2idl")));
    }

    [Theory]
    [InlineData("module a { module msg { struct A { long double x; }; }; };", "long double")]
    [InlineData("module a { module msg { struct A { long x[2][3]; }; }; };", "array of arrays")]
    [InlineData("module a { module msg { struct A { sequence<sequence<long>> x; }; }; };", "sequence of sequences")]
    [InlineData("module a { module msg { typedef long three[3]; struct A { sequence<three> x; }; }; };", "sequence of arrays")]
    [InlineData("module a { module msg { union A switch (long) { case 1: long x; }; }; };", "'union' has no place")]
    [InlineData("module a { module msg { struct A { long x; long x; }; }; };", "twice")]
    [InlineData("module a { module msg { struct A { long x } }; };", "where ';' should be")]
    [InlineData("module a { module msg { struct A { @verbatim(text=\"never ends", "no end")]
    [InlineData("module a { module msg { struct A { @verbatim(text=(1) long x; }; }; };", "no end")]
    [InlineData("struct A { long x; };", "not in two modules")]
    [InlineData("module a { module msg { struct A { string<N> x; }; }; };", "no constant N")]
    [InlineData("module a { module msg { struct A { sequence<long, 0> x; }; }; };", "bound '0'")]
    [InlineData("module a {", "should be")]
    public void Text_that_is_not_the_idl_of_ros_is_an_error(string text, string reason)
    {
        var error = Assert.Throws<RosMessageException>(() => MessageSchema.Parse("a/msg/A", text, "ros2idl"));

        Assert.Equal(RosMessageError.DefinitionInvalid, error.Error);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        foreach (var text in new[] { string.Concat(Enumerable.Repeat("module a { ", 100_000)), "module a { module msg { struct A { " + string.Concat(Enumerable.Repeat("sequence<", 100_000)) })
            Assert.Throws<RosMessageException>(() => MessageSchema.Parse("a/msg/A", text, "ros2idl"));
    }
}
