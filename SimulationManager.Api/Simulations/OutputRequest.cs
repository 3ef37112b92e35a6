using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Simulations;

/// <summary>Where the agents of a step or group publish, and what is changed in what they publish.</summary>
public sealed record OutputRequest : IChecksItself
{
    private const int MaxFrames = 100;

    [Length(0, OutputEndpoint.MaxCount), Description("Addresses instead of those of the site that `mecId` names, such as `mqtt://host:1883/prefix?qos=1` or `rosbridge://host:9090/prefix`; empty: nowhere.")]
    public IReadOnlyList<string>? Endpoints { get; init; }

    [AllowedValues(StampWords.Recorded, StampWords.Now, StampWords.Offset), Description("Stamps in payloads: as `recorded`, the time at which the message is due (`now`), or moved by as much as it is played later than it was recorded (`offset`).")]
    public string? Stamps { get; init; }

    [StringLength(AgentPattern.MaxLength, MinimumLength = 1), Description("The agents' names, such as `robot_{n:000}`: topics and coordinate frames begin with them. Left out: frames keep their names.")]
    public string? Identity { get; init; }

    [Length(0, MaxFrames), Description("Frames that all agents share and that keep their names; map, world and earth when left out.")]
    public IReadOnlyList<string>? SharedFrames { get; init; }

    [Description("Where agents are; left out: all where the recorded robot was.")]
    public PoseOffsetRequest? PoseOffset { get; init; }

    [Length(0, MaxFrames), Description("The recorded frames in which poses are moved; map, odom and world when left out.")]
    public IReadOnlyList<string>? GlobalFrames { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        foreach (var endpoint in Endpoints ?? []) EndpointCheckers.Check(path + "endpoints", endpoint, problems, mayNameCredentials: false);
        CheckIdentity(path + "identity", problems);
        PlaybackRequest.CheckNames(path + "sharedFrames", SharedFrames, Messages.FrameNames, problems);
        PlaybackRequest.CheckNames(path + "globalFrames", GlobalFrames, Messages.FrameNames, problems);
    }

    /// <summary>As the run keeps it.</summary>
    public OutputOptions ToOptions() => new()
    {
        Endpoints = Endpoints,
        Stamps = Stamps switch { StampWords.Now => StampRewriting.Now, StampWords.Offset => StampRewriting.Offset, _ => StampRewriting.Recorded },
        Identity = Identity,
        SharedFrames = SharedFrames,
        GlobalFrames = GlobalFrames,
        PoseOffset = PoseOffset is null ? null : new PoseOffsetOptions
        {
            Spacing = PoseOffset.Spacing,
            Columns = PoseOffset.Columns,
            Width = PoseOffset.Width,
            Height = PoseOffset.Height,
            Seed = PoseOffset.Seed ?? 0,
        },
    };

    private void CheckIdentity(string field, ICollection<FieldProblem> problems)
    {
        if (Identity is null) return;
        try
        {
            var pattern = AgentPattern.Parse(Identity);
            var problem = !pattern.HasNumber ? "it must hold {n}, so that every agent has a name of its own" : OutputEndpoint.ProblemOfName(pattern.Of(1));
            if (problem is not null) problems.Add(new FieldProblem(field, Messages.PatternWrong, problem));
        }
        catch (FormatException exception)
        {
            problems.Add(new FieldProblem(field, Messages.PatternWrong, exception.Message));
        }
    }
}

/// <summary>How agents are spread over a plane.</summary>
public sealed record PoseOffsetRequest : IChecksItself
{
    private const double MaxMetres = 1_000_000;

    [Range(0.0, MaxMetres), Description("Metres between neighbours of a grid.")]
    public double? Spacing { get; init; }

    [Range(1, 100_000), Description("Agents in a row of the grid; 10 when left out.")]
    public int? Columns { get; init; }

    [Range(0.0, MaxMetres), Description("Metres along x over which agents are spread at random around the recorded robot.")]
    public double? Width { get; init; }

    [Range(0.0, MaxMetres), Description("The same along y.")]
    public double? Height { get; init; }

    [Description("What the random places follow from: the same seed, the same places; 0 when left out.")]
    public long? Seed { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        var isRandom = Width is not null || Height is not null || Seed is not null;
        if (Spacing is null == !isRandom || (Columns is not null && isRandom)) problems.Add(new FieldProblem(path + "spacing", Messages.PoseOffsetOneWay));
    }
}
