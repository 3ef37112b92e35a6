using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>Templates whose bags are to be played as one.</summary>
public sealed record TemplateMergeRequest : NewTemplate
{
    [Required, Length(2, 20), Description("The templates whose bags are merged in time. They stay as they are.")]
    public IReadOnlyList<long>? TemplateIds { get; init; }

    public override void Check(string path, ICollection<FieldProblem> problems)
    {
        base.Check(path, problems);
        if (TemplateIds!.Distinct().Count() < TemplateIds!.Count) problems.Add(new FieldProblem("templateIds", Messages.FieldTwice));
    }
}

/// <summary>Makes one template of several, whose bags are written as one MCAP file in the order of their times.</summary>
public sealed class TemplateMerger(TemplateService templates, BagConversions conversions, UploadSpool spool, IOptions<UploadOptions> options)
{
    /// <summary>Makes the template.</summary>
    /// <exception cref="RefusalException">
    /// A template does not exist or two bags disagree (400), the name is taken (409), the bags are too large together (413), or too
    /// many are being converted (503).
    /// </exception>
    public async Task<Template> MergeAsync(TemplateMergeRequest request, CancellationToken cancellationToken)
    {
        await templates.RefuseTakenNameAsync(request.Name!, exceptId: null, cancellationToken);
        List<Template> sources = [];
        foreach (var id in request.TemplateIds!)
            sources.Add(await templates.FindAsync(id, cancellationToken) ?? throw Refuse.Invalid("templateIds", Messages.TemplateNotFound, id));
        if (sources.SelectMany(source => source.Files).Sum(file => (decimal)file.Size) > options.Value.MaxBundleBytes)
            throw Refuse.TooLarge(Messages.BundleTooLarge, options.Value.MaxBundleBytes);
        using var slot = await conversions.EnterAsync(cancellationToken);
        using var folder = spool.Open();
        var bag = await conversions.WriteAsync(
            sources, BagStorageFormat.Mcap, folder, problem => Refuse.Invalid("templateIds", Messages.BagRefused, problem), cancellationToken);
        var form = new TemplateForm
        {
            Name = request.Name,
            Type = request.Type,
            Description = request.Description,
            Topics = TemplateForm.TopicsOf(request.Topics),
            Metadata = Spooled(Path.Combine(Path.GetDirectoryName(bag)!, BagMetadataReader.FileName)),
            Bags = [Spooled(bag)],
        };
        return await templates.CreateAsync(form, folder, cancellationToken);
    }

    private static SpooledFile Spooled(string path) => new(Path.GetFileName(path), path, new FileInfo(path).Length);
}
