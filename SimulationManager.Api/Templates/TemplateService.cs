using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Templates;

/// <summary>Creates, changes, reads and deletes templates.</summary>
public sealed class TemplateService(
    RobotDbContext database, BundleStore store, BundleChecker checker, TimeProvider time, ILogger<TemplateService> logger)
{
    /// <summary>All templates, the newest first.</summary>
    public async Task<IReadOnlyList<Template>> ListAsync(CancellationToken cancellationToken) =>
        await database.Templates.AsNoTracking()
            .Where(template => template.DeletedAt == null)
            .OrderByDescending(template => template.Id)
            .ToListAsync(cancellationToken);

    /// <summary>One template; null when there is none.</summary>
    public Task<Template?> FindAsync(long id, CancellationToken cancellationToken) =>
        database.Templates.AsNoTracking().SingleOrDefaultAsync(template => template.Id == id && template.DeletedAt == null, cancellationToken);

    /// <exception cref="RefusalException">There is no such template (404).</exception>
    public async Task<Template> GetAsync(long id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) ?? throw Refuse.NotFound(Messages.TemplateNotFound, id);

    /// <summary>Checks the bundle, stores it and makes a template of it; on any failure nothing is left behind.</summary>
    /// <exception cref="RefusalException">A field is missing, the bundle is no bag (400), or the name is taken (409).</exception>
    public async Task<Template> CreateAsync(TemplateForm form, SpoolFolder folder, CancellationToken cancellationToken)
    {
        RefuseIncomplete(form);
        await RefuseTakenNameAsync(form.Name!, null, cancellationToken);
        var bundle = await checker.CheckAsync(form.Metadata, form.Bags, folder, cancellationToken);
        var topics = BundleChecker.TopicsOf(bundle.Bag, form.Topics);
        await using var upload = new BundleUpload(store, logger);
        var now = time.GetUtcNow();
        var template = new Template
        {
            Name = form.Name!,
            Type = form.Type!,
            Description = form.Description!,
            Topics = topics,
            Files = await upload.PutAsync(bundle, cancellationToken),
            Bag = bundle.Bag,
            MessageCount = MessagesOn(topics, bundle.Bag),
            DurationNanoseconds = bundle.Bag.DurationNanoseconds,
            CreatedAt = now,
            UpdatedAt = now,
        };
        database.Templates.Add(template);
        await database.SaveChangesAsync(cancellationToken);
        upload.Keep();
        ApiTelemetry.RecordBundle(bundle.Bag.SizeBytes);
        return template;
    }

    /// <summary>Changes what the form names. New files replace the bundle as a whole or not at all.</summary>
    /// <exception cref="RefusalException">Not found (404), not valid (400) or the name is taken (409).</exception>
    public async Task<Template> ChangeAsync(long id, TemplateForm form, SpoolFolder folder, CancellationToken cancellationToken)
    {
        if (form.IsEmpty) throw Refuse.BadRequest(Messages.NothingToChange);
        var before = await GetAsync(id, cancellationToken);
        if (form.Name is not null) await RefuseTakenNameAsync(form.Name, id, cancellationToken);
        var bundle = form.HasFiles ? await CheckReplacementAsync(before, form, folder, cancellationToken) : null;
        var bag = bundle?.Bag ?? before.Bag;
        var topics = bag is null ? before.Topics : BundleChecker.TopicsOf(bag, form.Topics ?? before.Topics);
        await using var upload = new BundleUpload(store, logger);
        var files = bundle is null ? null : await upload.PutAsync(bundle, cancellationToken);
        var (after, replaced) = await database.InTransactionAsync(
            token => ApplyAsync(id, form, topics, bag, files, token), cancellationToken);
        upload.Keep();
        await RemoveUnusedAsync(id, replaced, cancellationToken);
        return after;
    }

    /// <summary>Marks a template deleted. Its bundle goes once nothing plays it any more.</summary>
    /// <exception cref="RefusalException">Not found (404), or an execution uses it (409).</exception>
    public Task DeleteAsync(long id, CancellationToken cancellationToken) =>
        database.InTransactionAsync(async token =>
        {
            var template = await LockAsync(id, token);
            if (await IsPlayedAsync(id, token)) throw Refuse.Conflict(Messages.TemplateInUse);
            template.DeletedAt = time.GetUtcNow();
            await database.SaveChangesAsync(token);
            return template;
        }, cancellationToken);

    /// <summary>The template as it is now, and the files that it no longer has.</summary>
    private async Task<(Template After, IReadOnlyList<TemplateFile> Replaced)> ApplyAsync(
        long id, TemplateForm form, List<string> topics, TemplateBag? bag, List<TemplateFile>? files, CancellationToken cancellationToken)
    {
        var template = await LockAsync(id, cancellationToken);
        template.Name = form.Name ?? template.Name;
        template.Type = form.Type ?? template.Type;
        template.Description = form.Description ?? template.Description;
        template.Topics = topics;
        template.UpdatedAt = time.GetUtcNow();
        if (bag is not null)
        {
            template.MessageCount = MessagesOn(topics, bag);
            template.DurationNanoseconds = bag.DurationNanoseconds;
        }

        IReadOnlyList<TemplateFile> replaced = files is null ? [] : template.Files;
        template.Files = files ?? template.Files;
        template.Bag = bag;
        await database.SaveChangesAsync(cancellationToken);
        return (template, replaced);
    }

    /// <summary>The files that were sent together with those that were not: a bag keeps its metadata, metadata its bags.</summary>
    private async Task<CheckedBundle> CheckReplacementAsync(
        Template before, TemplateForm form, SpoolFolder folder, CancellationToken cancellationToken)
    {
        if (form.Bags.Count > 0) return await checker.CheckAsync(form.Metadata, form.Bags, folder, cancellationToken);
        List<SpooledFile> bags = [];
        foreach (var file in before.Files.Where(file => file.Kind == TemplateFileKind.Bag))
        {
            var path = folder.FileAt(file.FileName);
            await store.DownloadAsync(file.ObjectKey, path, cancellationToken);
            bags.Add(new SpooledFile(file.FileName, path, file.Size));
        }

        return await checker.CheckAsync(form.Metadata, bags, folder, cancellationToken);
    }

    /// <summary>A running execution still plays the old files: then the sweep removes them once it has ended.</summary>
    private async Task RemoveUnusedAsync(long id, IReadOnlyList<TemplateFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0 || await IsPlayedAsync(id, cancellationToken)) return;
        foreach (var file in files) await store.RemoveAsync(file.ObjectKey, cancellationToken);
    }

    private async Task<Template> LockAsync(long id, CancellationToken cancellationToken) =>
        await database.Templates.FromSql($"SELECT * FROM templates WHERE id = {id} AND deleted_at IS NULL FOR UPDATE").SingleOrDefaultAsync(cancellationToken)
        ?? throw Refuse.NotFound(Messages.TemplateNotFound, id);

    /// <summary>A running simulation's pattern cannot be edited: what it holds is what is played.</summary>
    private async Task<bool> IsPlayedAsync(long id, CancellationToken cancellationToken) =>
        await database.Simulations.AnyAsync(
            simulation => simulation.Status == SimulationStatus.Running
                && (simulation.Steps.Any(step => step.TemplateId == id) || simulation.Groups.Any(group => group.TemplateId == id)),
            cancellationToken)
        || await database.Instances.AnyAsync(
            instance => instance.TemplateId == id && instance.DeletedAt == null && instance.Status == RunStatus.Running, cancellationToken);

    /// <exception cref="RefusalException">Another template has this name (409).</exception>
    public async Task RefuseTakenNameAsync(string name, long? exceptId, CancellationToken cancellationToken)
    {
        if (await database.Templates.AnyAsync(
                template => template.Name == name && template.DeletedAt == null && template.Id != exceptId, cancellationToken))
            throw Refuse.Conflict(Messages.TemplateNameTaken);
    }

    private static long MessagesOn(List<string> topics, TemplateBag bag) =>
        bag.Topics.Where(topic => topics.Contains(topic.Name)).Sum(topic => topic.MessageCount);

    private static void RefuseIncomplete(TemplateForm form)
    {
        FieldProblem[] problems =
        [
            .. new[] { ("name", form.Name), ("type", form.Type), ("description", form.Description) }
                .Where(field => field.Item2 is null)
                .Select(field => new FieldProblem(field.Item1, Messages.FieldRequired)),
            .. form.Bags.Count == 0 ? [new FieldProblem("db_file", Messages.FieldRequired)] : Array.Empty<FieldProblem>(),
        ];
        if (problems.Length > 0) throw Refuse.Invalid(problems);
    }
}
