using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Mec;

/// <summary>An edge site.</summary>
public sealed record MecView(long Id, string Name, string Description, string Endpoint);

/// <summary>The edge site that was removed.</summary>
public sealed record MecDeleted(long Id);

/// <summary>A new edge site.</summary>
public sealed record MecCreateRequest : IRequestBody
{
    [Required, StringLength(50, MinimumLength = 1), Description("Unique; what `mecId` names.")]
    public string? Name { get; init; }

    [StringLength(255)]
    public string? Description { get; init; }

    [StringLength(255), Description("Where the site is reached.")]
    public string? Endpoint { get; init; }
}

/// <summary>What to change of an edge site; what is left out stays.</summary>
public sealed record MecChangeRequest : IChecksItself
{
    [StringLength(50, MinimumLength = 1)]
    public string? Name { get; init; }

    [StringLength(255)]
    public string? Description { get; init; }

    [StringLength(255)]
    public string? Endpoint { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (Name is not null && string.IsNullOrWhiteSpace(Name)) problems.Add(new FieldProblem("name", Messages.FieldBlank));
        if (Name is null && Description is null && Endpoint is null) problems.Add(new FieldProblem("name", Messages.NothingToChange));
    }
}
