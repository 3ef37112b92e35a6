using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

/// <summary>A vehicle with its clock and its fleet control. Whatever it publishes must be valid, and what the standard says of topics and headers.</summary>
internal sealed class DrivenVehicle
{
    private readonly Dictionary<string, uint> _headerIds = [];
    private readonly List<VehicleMessage> _output = [];
    private VehicleMotion _motion;

    public DrivenVehicle(Vda5050Version version, Func<Vda5050Options, Vda5050Options>? change = null)
    {
        var options = new Vda5050Options { Version = version, Manufacturer = "Acme", SerialNumber = "r-1", MinStateInterval = TimeSpan.Zero };
        Options = change?.Invoke(options) ?? options;
        Vehicle = new Vda5050Vehicle(Options);
    }

    public Vda5050Options Options { get; }
    public Vda5050Vehicle Vehicle { get; private set; }
    public DateTimeOffset Now { get; private set; } = new(2026, 3, 1, 8, 30, 0, 120, TimeSpan.Zero);

    /// <summary>Everything that was published: the last level of the topic, and the message.</summary>
    public List<(string Topic, JsonNode Message)> Published { get; } = [];

    public JsonNode State => Last("state");

    public bool Is30 => Options.Version == Vda5050Version.V30;

    public static TheoryData<Vda5050Version> Versions => [Vda5050Version.V21, Vda5050Version.V30];

    public JsonNode Last(string topic) => Published.FindLast(published => published.Topic == topic).Message;

    public int Count(string topic) => Published.Count(published => published.Topic == topic);

    public DrivenVehicle Connect()
    {
        Vehicle.Connected(Now, _output);
        return Take();
    }

    public DrivenVehicle Disconnect()
    {
        Vehicle.Disconnecting(Now, _output);
        return Take();
    }

    public DrivenVehicle MoveTo(double x, double y, double theta = 0) =>
        Observe(new VehicleMotion { X = x, Y = y, Theta = theta, Updated = MotionParts.Pose });

    public DrivenVehicle Drive(double vx, double omega = 0) =>
        Observe(new VehicleMotion { Vx = vx, Omega = omega, Updated = MotionParts.Velocity });

    public DrivenVehicle Observe(VehicleMotion motion)
    {
        motion.Known = _motion.Known | motion.Updated;
        _motion = motion;
        Vehicle.Observe(motion, Now, _output);
        return Take();
    }

    /// <summary>Lets time pass, with ticks when the vehicle asks for them.</summary>
    public DrivenVehicle Wait(double seconds)
    {
        var end = Now + TimeSpan.FromSeconds(seconds);
        for (var ticks = 0; Vehicle.NextDue <= end; ticks++)
        {
            Assert.True(ticks < 100_000, "The vehicle asks for tick after tick.");
            if (Vehicle.NextDue > Now) Now = Vehicle.NextDue;
            var due = Vehicle.NextDue;
            Vehicle.Tick(Now, _output);
            Assert.NotEqual(due, Vehicle.NextDue);
            Take();
        }
        Now = end;
        return this;
    }

    public DrivenVehicle SetClockBack(double seconds)
    {
        Now -= TimeSpan.FromSeconds(seconds);
        return this;
    }

    public VehicleCommand Send(string topic, JsonNode message) => Send(topic, Encoding.UTF8.GetBytes(message.ToJsonString()));

    public VehicleCommand Send(string topic, ReadOnlySpan<byte> payload)
    {
        var command = Vehicle.Receive(Vehicle.Subscriptions.Single(subscription => subscription.EndsWith($"/{topic}", StringComparison.Ordinal)), payload, Now, _output);
        Take();
        return command;
    }

    public VehicleCommand Do(string action, string id = "i1", JsonArray? parameters = null) => Send("instantActions", Orders.InstantActions(Options.Version, action, id, parameters));

    /// <summary>Goes on with a new vehicle that has the old one's checkpoint.</summary>
    public DrivenVehicle MoveToOtherMachine()
    {
        var checkpoint = Vehicle.Save();
        Vehicle = new Vda5050Vehicle(Options);
        Assert.True(Vehicle.Restore(checkpoint));
        // The connection of the old one breaks, which its Last Will tells.
        _headerIds["connection"] = _headerIds.GetValueOrDefault("connection") + 1;
        return this;
    }

    public string[] Strings(string list, string field) => [.. State[list]!.AsArray().Select(entry => entry![field]!.ToString())];

    public string? StatusOf(string actionId) => State["actionStates"]!.AsArray().Concat(Is30 ? State["instantActionStates"]!.AsArray() : [])
        .SingleOrDefault(action => action!["actionId"]!.GetValue<string>() == actionId)?["actionStatus"]!.GetValue<string>();

    public string[] Errors => Strings("errors", "errorType");

    private DrivenVehicle Take()
    {
        foreach (var message in _output) Check(message);
        _output.Clear();
        return this;
    }

    private void Check(VehicleMessage message)
    {
        var levels = message.Topic.Split('/');
        var topic = levels[^1];
        Assert.Equal([Options.InterfaceName, Is30 ? "v3" : "v2", Options.Manufacturer, Options.SerialNumber, topic], levels);
        Assert.Equal(topic == "connection" ? 1 : 0, message.QualityOfService);
        Assert.Equal(topic is "connection" or "factsheet", message.Retain);
        var json = JsonNode.Parse(message.Payload.Span)!;
        PublishedSchemas.AssertValid(Options.Version, topic, json);
        var id = json["headerId"]!.GetValue<uint>();
        if (_headerIds.TryGetValue(topic, out var last)) Assert.Equal(last + 1, id);
        _headerIds[topic] = id;
        Assert.Equal(Now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture), json["timestamp"]!.GetValue<string>());
        if (topic == "visualization" && Is30) Assert.Equal(_headerIds["state"], json["referenceStateHeaderId"]!.GetValue<uint>());
        Published.Add((topic, json));
    }
}
