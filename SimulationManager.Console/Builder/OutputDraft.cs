using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>Where agents publish.</summary>
public enum EndpointChoice
{
    /// <summary>Where the simulation's site says.</summary>
    Site,
    Nowhere,
    Own,
}

/// <summary>How agents are spread over a plane.</summary>
public enum SpreadChoice
{
    /// <summary>All where the recorded robot was.</summary>
    None,
    Grid,
    Random,
}

/// <summary>What agents publish, where and as whom, as it is typed.</summary>
public sealed class OutputDraft
{
    public const string Recorded = "recorded";
    public const int LongestIdentity = 256;
    private const int MostEndpoints = 8;
    private const int LongestEndpoint = 2000;
    private const int MostFrames = 100;
    private const int LongestFrame = 255;
    private const decimal MostMetres = 1_000_000;
    private static readonly string[] s_schemes = ["mqtt://", "mqtts://", "rosbridge://", "rosbridges://", "dds://"];

    public static IReadOnlyList<string> StampWords { get; } = [Recorded, "now", "offset"];

    public EndpointChoice Where { get; set; }
    public LinesText Endpoints { get; } = new(MostEndpoints, LongestEndpoint);
    public string Stamps { get; set; } = Recorded;
    public string Identity { get; set; } = "";

    /// <summary>Whether the frames that all agents share are others than map, world and earth.</summary>
    public bool HasSharedFrames { get; set; }

    public LinesText SharedFrames { get; } = new(MostFrames, LongestFrame);

    /// <summary>Whether the frames in which poses are moved are others than map, odom and world.</summary>
    public bool HasGlobalFrames { get; set; }

    public LinesText GlobalFrames { get; } = new(MostFrames, LongestFrame);
    public SpreadChoice Spread { get; set; }
    public NumberText Spacing { get; } = NumberText.Required(0, MostMetres, "2");
    public NumberText Columns { get; } = new(1, 100_000) { IsWhole = true };
    public NumberText Width { get; } = new(0, MostMetres) { Text = "20" };
    public NumberText Height { get; } = new(0, MostMetres) { Text = "20" };
    public NumberText Seed { get; } = new(long.MinValue, long.MaxValue) { IsWhole = true };

    /// <summary>The API tells what else is wrong with an address.</summary>
    public bool AreEndpointsValid => Where != EndpointChoice.Own
        || (Endpoints.IsValid && Endpoints.Lines.Count > 0 && Endpoints.Lines.All(line => s_schemes.Any(scheme => line.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))));

    public bool IsIdentityValid => Identity.Length == 0 || (Identity.Length <= LongestIdentity && Identity.Contains("{n", StringComparison.Ordinal));

    public bool IsSpreadValid => Spread switch
    {
        SpreadChoice.Grid => Spacing.IsValid && Columns.IsValid,
        SpreadChoice.Random => Width.IsValid && Height.IsValid && Seed.IsValid && Width.Text.Length + Height.Text.Length + Seed.Text.Length > 0,
        _ => true,
    };

    public bool IsValid => AreEndpointsValid && IsIdentityValid && IsSpreadValid && (!HasSharedFrames || SharedFrames.IsValid) && (!HasGlobalFrames || GlobalFrames.IsValid);

    public void Set(OutputSettings? output)
    {
        if (output is null) return;
        Where = output.Endpoints switch { null => EndpointChoice.Site, [] => EndpointChoice.Nowhere, _ => EndpointChoice.Own };
        Endpoints.Set(output.Endpoints);
        Stamps = output.Stamps ?? Recorded;
        Identity = output.Identity ?? "";
        HasSharedFrames = output.SharedFrames is not null;
        SharedFrames.Set(output.SharedFrames);
        HasGlobalFrames = output.GlobalFrames is not null;
        GlobalFrames.Set(output.GlobalFrames);
        if (output.PoseOffset is not { } offset) return;
        Spread = offset.Spacing is null ? SpreadChoice.Random : SpreadChoice.Grid;
        Spacing.Set(offset.Spacing ?? 2);
        Columns.Set((long?)offset.Columns);
        Width.Set(offset.Width);
        Height.Set(offset.Height);
        Seed.Set(Spread == SpreadChoice.Random ? offset.Seed : null);
    }

    /// <summary>Null when all is as it is without.</summary>
    public OutputSettings? ToSettings()
    {
        var settings = new OutputSettings
        {
            Endpoints = Where switch { EndpointChoice.Site => null, EndpointChoice.Nowhere => [], _ => Endpoints.Lines },
            Stamps = Stamps == Recorded ? null : Stamps,
            Identity = Identity.Length == 0 ? null : Identity,
            SharedFrames = HasSharedFrames ? SharedFrames.Lines : null,
            GlobalFrames = HasGlobalFrames ? GlobalFrames.Lines : null,
            PoseOffset = Spread switch
            {
                SpreadChoice.Grid => new PoseOffset(Spacing.AsDouble, Columns.AsInt, null, null, null),
                SpreadChoice.Random => new PoseOffset(null, null, Width.AsDouble, Height.AsDouble, Seed.AsLong),
                _ => null,
            },
        };
        return settings == new OutputSettings() ? null : settings;
    }
}
