using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Templates;

/// <summary>What a JSON request says about a template that is to be made.</summary>
public abstract record NewTemplate : IChecksItself
{
    [Required, StringLength(255, MinimumLength = 1), Description("Unique among templates.")]
    public string? Name { get; init => field = value?.Trim(); }

    [Required, StringLength(255, MinimumLength = 1)]
    public string? Type { get; init => field = value?.Trim(); }

    [Required, StringLength(64 * 1024, MinimumLength = 1)]
    public string? Description { get; init => field = value?.Trim(); }

    [StringLength(64 * 1024), Description("Comma-separated; left out: all topics of the bag.")]
    public string? Topics { get; init; }

    public virtual void Check(string path, ICollection<FieldProblem> problems)
    {
        if (Topics is not null && string.IsNullOrWhiteSpace(Topics)) problems.Add(new FieldProblem("topics", Messages.FieldBlank));
    }
}
