using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Api.Mec;

/// <summary>An edge site.</summary>
public sealed record MecView(long Id, string Name, string Description, string Endpoint);

/// <summary>The edge site that was removed.</summary>
public sealed record MecDeleted(long Id);

/// <summary>What was found when the endpoints of an edge site were tried.</summary>
/// <param name="Ok">Whether all of them can be published to.</param>
/// <param name="Endpoints">Each of them.</param>
public sealed record MecCheck(bool Ok, IReadOnlyList<EndpointCheck> Endpoints);

/// <summary>A new edge site.</summary>
public sealed record MecCreateRequest : IChecksItself
{
    [Required, StringLength(50, MinimumLength = 1), Description("Unique; what `mecId` names.")]
    public string? Name { get; init; }

    [StringLength(255)]
    public string? Description { get; init; }

    [StringLength(OutputEndpoint.MaxLength), Description("Where agents publish: `none`, or one or several addresses separated by blanks, such as `mqtt://host:1883/prefix?qos=1` or `rosbridge://host:9090/prefix`. Credentials are named (`credentials=<name>`), never written here.")]
    public string? Endpoint { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems) => EndpointCheckers.Check(path + "endpoint", Endpoint, problems, mayNameCredentials: true);
}

/// <summary>What to change of an edge site; what is left out stays.</summary>
public sealed record MecChangeRequest : IChecksItself
{
    [StringLength(50, MinimumLength = 1)]
    public string? Name { get; init; }

    [StringLength(255)]
    public string? Description { get; init; }

    [StringLength(OutputEndpoint.MaxLength)]
    public string? Endpoint { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        EndpointCheckers.Check(path + "endpoint", Endpoint, problems, mayNameCredentials: true);
        if (Name is not null && string.IsNullOrWhiteSpace(Name)) problems.Add(new FieldProblem("name", Messages.FieldBlank));
        if (Name is null && Description is null && Endpoint is null) problems.Add(new FieldProblem("name", Messages.NothingToChange));
    }
}
