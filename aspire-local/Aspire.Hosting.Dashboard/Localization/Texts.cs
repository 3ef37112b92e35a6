namespace Aspire.Hosting.Dashboard.Localization;

/// <summary>Names the files that hold the pages' texts: <c>Texts.resx</c> (English) and <c>Texts.ko.resx</c> (Korean).</summary>
public sealed class Texts;
