using System.Globalization;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Replay;

/// <summary>How agents appear as VDA 5050 vehicles: the options of an address with <c>format=vda5050</c>.</summary>
public sealed record VehicleEndpointOptions
{
    /// <summary>The default of <see cref="Serial"/>.</summary>
    public const string DefaultSerial = "{agent}";

    /// <summary>What all vehicles have in common; the serial number is each one's own.</summary>
    public required Vda5050Options Common { get; init; }

    /// <summary>The serial number: <c>{simulation}</c>, <c>{agent}</c> and <c>{n}</c> as in a topic.</summary>
    public string Serial { get; init; } = DefaultSerial;

    /// <summary>Where movement and charge are in the recording; what it does not name is found by type.</summary>
    public VehicleMapping Mapping { get; init; } = new();

    /// <summary>The options of one agent.</summary>
    internal Vda5050Options Of(string simulation, string agent, long number) => Common with { SerialNumber = MqttTopics.Expand(Serial, simulation, agent, number) };

    internal static VehicleEndpointOptions Read(OptionReader options)
    {
        var version = options.Text("version", text => text is "2.1" or "3.0", "2.1 or 3.0") == "3.0" ? Vda5050Version.V30 : Vda5050Version.V21;
        var common = new Vda5050Options
        {
            Version = version,
            Manufacturer = options.Text("manufacturer", IsAny, "a name") ?? "SimulationManager",
            SerialNumber = "1",
            MapId = options.Text("map", IsAny, "a name") ?? "map",
            Transform = options.Text("transform", text => Transform(text) is not null, "x,y,theta in metres and radians") is { } transform ? Transform(transform)!.Value : default,
            VisualizationRate = options.Real("visualization", 2, 0, 100),
            StateInterval = TimeSpan.FromSeconds(options.Real("stateInterval", 10, 0.2, 30)),
            NodeDeviation = options.Real("nodeDeviation", 0.5, 0.001, 1000),
            DefaultCharge = options.Real("charge", 100, 0, 100),
        };
        if (options.Text("interface", IsAny, "a name") is { } name) common = common with { InterfaceName = name };
        if (common.FindProblem() is { } problem) options.Wrong<bool>("format", $"vda5050 with other options: {problem}");
        return new VehicleEndpointOptions
        {
            Common = common,
            Serial = options.Text("serial", text => MqttTopics.IsPattern(text, "{agent}", "{n"), "text with {simulation}, and {agent} or {n}, which it must hold") ?? DefaultSerial,
            Mapping = new VehicleMapping { Pose = Field(options, "pose"), Velocity = Field(options, "velocity"), Battery = Field(options, "battery") },
        };
    }

    private static bool IsAny(string text) => text.Length > 0;

    private static VehicleField? Field(OptionReader options, string name)
    {
        if (options.Text(name, text => text.StartsWith('/'), "a topic, or topic:field") is not { } text) return null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new VehicleField(text) : new VehicleField(text[..colon], text[(colon + 1)..]);
    }

    private static MapTransform? Transform(string text)
    {
        var numbers = new List<double>();
        foreach (var part in text.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) return null;
            numbers.Add(number);
        }
        return numbers is [var x, var y, var theta] ? new MapTransform(x, y, theta) : null;
    }
}
