using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

public class HostileInputTests
{
    private static readonly string[] s_unread = ["actionParameters"];

    public static TheoryData<Vda5050Version> Versions => DrivenVehicle.Versions;

    public static TheoryData<string> NoMessages =>
    [
        "", " ", "null", "[]", "42", "\"order\"", "{", "{}", "{\"orderId\":1}", "{\"actions\":[null]}", "{\"orderId\":\"\\ud800\"}", "{\"\\ud800\":1}",
        "{\"nodes\":[],}", "{\"orderUpdateId\":-1}", "{\"orderUpdateId\":1e400}", new string('[', 100_000), "{\"a\":" + new string('[', 40) + new string(']', 40) + "}",
        $"{{\"orderId\":\"{new string('x', 300 * 1024)}\"}}", $"{{\"orderId\":\"{new string('x', 10_000)}\"}}", "\uFEFF{}",
    ];

    [Theory, MemberData(nameof(NoMessages))]
    public void What_is_no_message_is_an_error_of_bounded_size(string text)
    {
        foreach (var version in new[] { Vda5050Version.V21, Vda5050Version.V30 })
        {
            foreach (var topic in new[] { "order", "instantActions" })
            {
                var vehicle = new DrivenVehicle(version).Connect();
                Assert.Equal(VehicleCommand.None, vehicle.Send(topic, Encoding.UTF8.GetBytes(text)));
                Assert.Single(vehicle.Errors);
                Assert.InRange(vehicle.State.ToJsonString().Length, 100, 8_000);
            }
        }
    }

    [Theory, MemberData(nameof(Versions))]
    public void Bytes_that_are_no_text_are_an_error(Vda5050Version version)
    {
        var payload = Encoding.UTF8.GetBytes(Orders.InstantActions(version, "cancelOrder", "c", [new JsonObject { ["key"] = "orderId", ["value"] = "@" }]).ToJsonString());
        payload[Array.IndexOf(payload, (byte)'@')] = 0xFF;
        var vehicle = new DrivenVehicle(version).Connect();
        vehicle.Send("instantActions", payload);

        Assert.Equal([Malformed(version)], vehicle.Errors);
        Assert.Null(vehicle.StatusOf("c"));
    }

    [Theory, MemberData(nameof(Versions))]
    public void Halves_of_surrogate_pairs_are_an_error_wherever_they_are(Vda5050Version version)
    {
        var text = Orders.InstantActions(version, "cancelOrder", "c", [new JsonObject { ["key"] = "orderId", ["value"] = "@" }]).ToJsonString().Replace("@", "\\udc00", StringComparison.Ordinal);
        var vehicle = new DrivenVehicle(version).Connect();
        vehicle.Send("instantActions", Encoding.UTF8.GetBytes(text));

        Assert.Equal([Malformed(version)], vehicle.Errors);
    }

    /// <summary>Takes away and changes one field after the other: where the published schema says no, so does the vehicle.</summary>
    [Theory, MemberData(nameof(Versions))]
    public void Orders_that_break_the_published_schema_are_rejected(Vda5050Version version)
    {
        var order = Orders.Straight(version, 0, 2, horizon: 1);
        var broken = 0;
        foreach (var path in Paths(order, "").ToArray())
        {
            foreach (var (change, changed) in Changes(version, "order", order, path))
            {
                if (PublishedSchemas.FindProblem(version, "order", changed, withFormats: false) is null) continue;
                var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0);
                vehicle.Send("order", changed);
                Assert.True(vehicle.Errors is [var error] && error == Malformed(version), $"{path} {change} is accepted.");
                Assert.Equal("", vehicle.State["orderId"]!.GetValue<string>());
                broken++;
            }
        }
        Assert.InRange(broken, 200, 2_000);
    }

    [Theory, MemberData(nameof(Versions))]
    public void Instant_actions_that_break_the_published_schema_are_rejected(Vda5050Version version)
    {
        var message = Orders.InstantActions(version, "startPause", "p", [new JsonObject { ["key"] = "k", ["value"] = "v" }]);
        var broken = 0;
        foreach (var path in Paths(message, "").ToArray())
        {
            foreach (var (change, changed) in Changes(version, "instantActions", message, path))
            {
                if (PublishedSchemas.FindProblem(version, "instantActions", changed, withFormats: false) is null) continue;
                var vehicle = new DrivenVehicle(version).Connect();
                Assert.Equal(VehicleCommand.None, vehicle.Send("instantActions", changed));
                Assert.True(vehicle.Errors is [var error] && error == Malformed(version), $"{path} {change} is accepted.");
                broken++;
            }
        }
        Assert.InRange(broken, 30, 500);
    }

    [Theory, MemberData(nameof(Versions))]
    public void Fields_that_nobody_knows_are_allowed(Vda5050Version version)
    {
        var order = Orders.Straight(version, 0, 2);
        order["vendor"] = new JsonObject { ["deep"] = new JsonArray(1, "two", null) };
        order["nodes"]![0]!["vendor"] = "x";
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0);
        vehicle.Send("order", order);

        Assert.Empty(vehicle.Errors);
        Assert.Equal(["n1"], vehicle.Strings("nodeStates", "nodeId"));
    }

    public static TheoryData<string, Action<JsonObject>> OutOfSequence => new()
    {
        { "no nodes", order => (order["nodes"], order["edges"]) = (new JsonArray(), new JsonArray()) },
        { "an edge too few", order => order["edges"]!.AsArray().RemoveAt(0) },
        { "a node that skips", order => order["nodes"]![1]!["sequenceId"] = 4 },
        { "an edge that skips", order => order["edges"]![0]!["sequenceId"] = 3 },
        { "a horizon at the start", order => order["nodes"]![0]!["released"] = false },
        { "a released node behind an edge that is not", order => order["edges"]![1]!["released"] = false },
        { "an action twice", order => order["nodes"]![1]!["actions"]![0]!["actionId"] = "a0" },
        { "a node without a position", order => order["nodes"]![1]!.AsObject().Remove("nodePosition") },
        { "an empty id", order => order["nodes"]![1]!["nodeId"] = "" },
        { "a long id", order => order["edges"]![1]!["edgeId"] = new string('e', 257) },
    };

    [Theory, MemberData(nameof(OutOfSequence))]
    public void Orders_that_break_the_text_of_the_standard_are_rejected(string what, Action<JsonObject> change)
    {
        foreach (var version in new[] { Vda5050Version.V21, Vda5050Version.V30 })
        {
            var order = Orders.Straight(version, 0, 3);
            change(order);
            var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0);
            vehicle.Send("order", order);
            Assert.True(vehicle.Errors is [var error] && error == Malformed(version), what);
        }
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "orderError")]
    [InlineData(Vda5050Version.V30, "INSUFFICIENT_MEMORY")]
    public void Orders_that_are_too_large_are_rejected(Vda5050Version version, string error)
    {
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(-9, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 501));
        Assert.Equal([error], vehicle.Errors);

        vehicle.Send("order", Orders.Straight(version, 0, 300, id: "o2"));
        Assert.Empty(vehicle.Errors);
        vehicle.Send("order", Orders.Straight(version, 299, 300, id: "o2", updateId: 1));
        Assert.Equal([error], vehicle.Errors);
        Assert.Equal(300, vehicle.Strings("nodeStates", "nodeId").Length);
    }

    [Theory, MemberData(nameof(Versions))]
    public void An_order_that_is_updated_for_ever_stays_within_bounds(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        for (var i = 1; i < 30; i++)
        {
            var update = Orders.Straight(version, i, 2, updateId: (uint)i);
            for (var k = 0; k < 40; k++) update["nodes"]![1]!["actions"]!.AsArray().Add(Orders.Action("pick", $"a{i + 1}.{k}"));
            vehicle.MoveTo(i, 0);
            vehicle.Send("order", update);
        }

        Assert.Empty(vehicle.Errors);
        var actions = vehicle.Strings("actionStates", "actionId");
        Assert.Equal(1000, actions.Length);
        Assert.Equal("a30.39", actions[^1]);
        Assert.DoesNotContain("a1", actions);
    }

    [Theory, MemberData(nameof(Versions))]
    public void Errors_are_bounded_and_each_is_told_once(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect();
        for (var i = 0; i < 50; i++) vehicle.Send("order", "{}"u8);
        Assert.Single(vehicle.Errors);

        for (var i = 0; i < 50; i++) vehicle.Send("order", Encoding.UTF8.GetBytes($"{{\"headerId\":{i}}}"));
        Assert.Equal(16, vehicle.Errors.Length);
    }

    [Fact]
    public void Topics_of_others_are_passed_over()
    {
        var vehicle = new Vda5050Vehicle(new Vda5050Options { Manufacturer = "A", SerialNumber = "1" });
        var output = new List<VehicleMessage>();

        Assert.Equal(VehicleCommand.None, vehicle.Receive("uagv/v2/A/2/order", "{}"u8, DateTimeOffset.UnixEpoch, output));
        Assert.Empty(output);
    }

    private static string Malformed(Vda5050Version version) => version == Vda5050Version.V21 ? "validationError" : "VALIDATION_FAILURE";

    /// <summary>Paths of all fields that are looked at, and of the elements of arrays.</summary>
    private static IEnumerable<string> Paths(JsonNode? node, string path) => node switch
    {
        JsonObject fields => fields.Where(field => !s_unread.Contains(field.Key)).SelectMany(field => Paths(field.Value, $"{path}/{field.Key}").Prepend($"{path}/{field.Key}")),
        JsonArray array => array.SelectMany((element, index) => Paths(element, $"{path}/{index}").Prepend($"{path}/{index}")),
        _ => [],
    };

    private static IEnumerable<(string Change, JsonNode Changed)> Changes(Vda5050Version version, string topic, JsonNode message, string path)
    {
        JsonNode?[] values = [null, true, "text", "", -5, 2.5, 1e20, new JsonArray(1), new JsonObject { ["a"] = 1 }];
        foreach (var value in values)
        {
            var changed = message.DeepClone();
            Set(changed, path, value?.DeepClone());
            // Where a field may be left out, null is taken for that.
            if (value is null && PublishedSchemas.FindProblem(version, topic, Without(message, path)) is null) continue;
            yield return ($"as {value?.ToJsonString() ?? "null"}", changed);
        }
        yield return ("left out", Without(message, path));
    }

    private static JsonNode Without(JsonNode message, string path)
    {
        var changed = message.DeepClone();
        var (parent, name) = Locate(changed, path);
        if (parent is JsonArray array) array.RemoveAt(int.Parse(name, System.Globalization.CultureInfo.InvariantCulture));
        else parent.AsObject().Remove(name);
        return changed;
    }

    private static void Set(JsonNode message, string path, JsonNode? value)
    {
        var (parent, name) = Locate(message, path);
        if (parent is JsonArray array) array[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] = value;
        else parent[name] = value;
    }

    private static (JsonNode Parent, string Name) Locate(JsonNode message, string path)
    {
        var names = path.Split('/')[1..];
        foreach (var name in names[..^1])
            message = message is JsonArray array ? array[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : message[name]!;
        return (message, names[^1]);
    }
}
