using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary><c>/api/template</c>: robot behaviours and their bags.</summary>
internal static class TemplateEndpoints
{
    /// <summary>What a form has beside its files.</summary>
    private const long FormOverhead = 1024 * 1024;

    public static void MapTemplateEndpoints(this RouteGroupBuilder api)
    {
        var limit = ((IEndpointRouteBuilder)api).ServiceProvider.GetRequiredService<IOptions<UploadOptions>>().Value.MaxBundleBytes + FormOverhead;
        var templates = api.MapGroup("/template").WithTags("Templates");
        templates.MapGet("", ListAsync).WithName("ListTemplates").WithSummary("All templates");
        templates.MapPost("", CreateAsync).WithName("CreateTemplate").WithSummary("Upload a bag as a template")
            .WithDescription("The bag is opened and checked before anything is kept. Send several `db_file` parts for a split bag; without `metadata_file` the metadata is made from the bag. Without `topics` all topics are played.")
            .WithMetadata(new RequestSizeLimitAttribute(limit)).ReadsTemplateForm(isComplete: true).Refuses(400, 409, 413, 415);
        templates.MapPost("/merge", MergeAsync).WithName("MergeTemplates").WithSummary("Make one template of several, whose bags are played as one")
            .WithDescription("Writes the messages of all bags in the order of their times into one MCAP file, as `ros2 bag play` plays several bags. A topic that several bags have must have one type.")
            .Refuses(400, 409, 413, 503);
        templates.MapGet("/{id:long}", GetAsync).WithName("GetTemplate").WithSummary("One template").Refuses(404);
        templates.MapGet("/{id:long}/bag", GetBagAsync).WithName("GetTemplateBag").WithSummary("What is in the bag, as `ros2 bag info` tells it").Refuses(404);
        templates.MapGet("/{id:long}/bag.mcap", DownloadMcapAsync).WithName("DownloadTemplateMcap").WithSummary("The bag as one MCAP file")
            .WithDescription("As it was sent when it is one such file, else converted: topics, message definitions and payloads are the same. `503` while too many others are being converted.")
            .Sends("application/octet-stream").Refuses(404, 409);
        templates.MapGet("/{id:long}/bag.db3", DownloadDb3Async).WithName("DownloadTemplateDb3").WithSummary("The bag as one sqlite3 file")
            .WithDescription("As `bag.mcap`. What sqlite3 has no place for is left out: attachments and metadata records, definitions that are not text, published times and counters of publishers.")
            .Sends("application/octet-stream").Refuses(404, 409);
        templates.MapPatch("/{id:long}", ChangeAsync).WithName("ChangeTemplate").WithSummary("Change a template or replace its bag")
            .WithMetadata(new RequestSizeLimitAttribute(limit)).ReadsTemplateForm(isComplete: false).Refuses(400, 404, 409, 413, 415);
        templates.MapDelete("/{id:long}", DeleteAsync).WithName("DeleteTemplate").WithSummary("Delete a template (admin)")
            .RequireAuthorization(BearerSetup.AdminPolicy).Refuses(404, 409);
    }

    private static async Task<OkReply<IReadOnlyList<TemplateView>>> ListAsync(
        TemplateService templates, TemplateViews views, CancellationToken cancellationToken)
    {
        List<TemplateView> list = [];
        foreach (var template in await templates.ListAsync(cancellationToken)) list.Add(await views.OfAsync(template));
        return Replies.Ok<IReadOnlyList<TemplateView>>(list, Messages.TemplatesListed);
    }

    private static async Task<CreatedReply<TemplateView>> CreateAsync(
        HttpRequest request, TemplateFormReader forms, UploadSpool spool, TemplateService templates, TemplateViews views, CancellationToken cancellationToken)
    {
        using var folder = spool.Open();
        var form = await forms.ReadAsync(request, folder, cancellationToken);
        var template = await templates.CreateAsync(form, folder, cancellationToken);
        return Replies.Created(await views.OfAsync(template), Messages.TemplateCreated);
    }

    private static async Task<CreatedReply<TemplateView>> MergeAsync(
        TemplateMergeRequest body, TemplateMerger merger, TemplateViews views, CancellationToken cancellationToken) =>
        Replies.Created(await views.OfAsync(await merger.MergeAsync(body, cancellationToken)), Messages.TemplateCreated);

    private static async Task<OkReply<TemplateDetail>> GetAsync(
        long id, TemplateService templates, TemplateViews views, CancellationToken cancellationToken) =>
        Replies.Ok(new TemplateDetail(await views.OfAsync(await templates.GetAsync(id, cancellationToken))), Messages.TemplateRead);

    private static async Task<OkReply<BagView>> GetBagAsync(
        long id, TemplateService templates, CancellationToken cancellationToken)
    {
        var template = await templates.GetAsync(id, cancellationToken);
        var bag = template.Bag ?? throw Refuse.NotFound(Messages.BagNotInspected, id);
        return Replies.Ok(TemplateViews.BagOf(template, bag), Messages.BagRead);
    }

    private static async Task<IResult> DownloadMcapAsync(
        long id, HttpResponse response, TemplateService templates, BagDownloads downloads, CancellationToken cancellationToken) =>
        await downloads.OpenAsync(await templates.GetAsync(id, cancellationToken), BagStorageFormat.Mcap, response, cancellationToken);

    private static async Task<IResult> DownloadDb3Async(
        long id, HttpResponse response, TemplateService templates, BagDownloads downloads, CancellationToken cancellationToken) =>
        await downloads.OpenAsync(await templates.GetAsync(id, cancellationToken), BagStorageFormat.Sqlite3, response, cancellationToken);

    private static async Task<OkReply<TemplateView>> ChangeAsync(
        long id, HttpRequest request, TemplateFormReader forms, UploadSpool spool, TemplateService templates, TemplateViews views, CancellationToken cancellationToken)
    {
        using var folder = spool.Open();
        var form = await forms.ReadAsync(request, folder, cancellationToken);
        var template = await templates.ChangeAsync(id, form, folder, cancellationToken);
        return Replies.Ok(await views.OfAsync(template), Messages.TemplateChanged);
    }

    private static async Task<OkReply<TemplateDeleted>> DeleteAsync(long id, TemplateService templates, CancellationToken cancellationToken)
    {
        await templates.DeleteAsync(id, cancellationToken);
        return Replies.Ok(new TemplateDeleted(id), Messages.TemplateDeleted);
    }
}
