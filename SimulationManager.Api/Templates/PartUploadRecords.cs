using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Templates;

/// <summary>A template whose files a browser sends to storage by itself, in parts.</summary>
public sealed record PartUploadRequest : NewTemplate
{
    [Required, Length(1, 100_000), Description("All files of the bundle.")]
    public IReadOnlyList<PartUploadFile>? Files { get; init; }

    public override void Check(string path, ICollection<FieldProblem> problems)
    {
        base.Check(path, problems);
        var twice = Files!.GroupBy(file => file.FileName).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null) problems.Add(new FieldProblem("files", Messages.FileTwice, twice));
        if (Files!.Count(file => file.Field == BundleFileName.MetadataField) > 1) problems.Add(new FieldProblem("files", Messages.FieldTwice));
        if (Files!.All(file => file.Field != BundleFileName.BagField)) problems.Add(new FieldProblem("files", Messages.FieldRequired));
    }
}

/// <summary>One file that is going to be sent.</summary>
public sealed record PartUploadFile : IChecksItself
{
    [Required, AllowedValues(BundleFileName.MetadataField, BundleFileName.BagField), Description("`metadata_file` or `db_file`, as in the form.")]
    public string? Field { get; init; }

    [Required]
    public string? FileName { get; init => field = BundleFileName.WithoutFolder(value); }

    [Required, Range(1L, long.MaxValue), Description("Bytes.")]
    public long? Size { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (BundleFileName.ProblemOf(Field!, FileName!, path + "fileName") is { } problem) problems.Add(problem);
    }
}

/// <summary>An upload in parts and how far it has come.</summary>
public sealed record PartUploadView
{
    public required string UploadId { get; init; }

    [Description("What is not completed by then is removed.")]
    public required DateTimeOffset ExpiresAt { get; init; }

    [Description("Bytes of every part but a file's last.")]
    public required long PartSize { get; init; }

    public required IReadOnlyList<PartUploadFileView> Files { get; init; }
}

/// <summary>One file of an upload in parts.</summary>
public sealed record PartUploadFileView(string Field, string FileName, long Size, IReadOnlyList<PartView> Parts);

/// <summary>One part of a file.</summary>
public sealed record PartView
{
    [Description("From 1.")]
    public required int PartNumber { get; init; }

    [Description("Bytes.")]
    public required long Size { get; init; }

    public required bool IsUploaded { get; init; }

    [Description("Where to `PUT` the part's bytes, with no header; absent once it is there.")]
    public string? UploadUrl { get; init; }
}

/// <summary>The upload that was given up.</summary>
public sealed record PartUploadDeleted(string UploadId);
